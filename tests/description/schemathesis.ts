// Schemathesis, as both runs of it use it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "../../scripts/python.ts";

const HERE = import.meta.dirname;

export interface Target {
  /** The file with the description. */
  description: string;
  url: string;
  /** The file with the settings, in this folder. */
  settings: string;
}

export interface Found {
  status: number;
  report: any;
}

/** Sends what the description allows, and what it does not; `options` go to Schemathesis as they are. */
export async function schemathesis(
  { description, url, settings }: Target,
  options = process.argv.slice(2),
): Promise<Found> {
  const programs = environment(join(HERE, "../../.tools/schemathesis"), join(HERE, "requirements.txt"));
  const reports = await mkdtemp(join(tmpdir(), "edge-idempotency-fuzz-"));
  const report = join(reports, "run.json");
  const args = [
    ["--config-file", join(HERE, settings)],
    ["run", description, "--url", url],
    ["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"],
    ["--report", "json", "--report-json-path", report],
    options,
  ];
  try {
    const child = spawn(join(programs, "schemathesis"), args.flat(), { cwd: HERE, stdio: "inherit" });
    const [status] = (await once(child, "exit")) as [number];
    return { status, report: JSON.parse(await readFile(report, "utf8")) };
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}
