// The built package runs where there is no DOM: in Node, in Bun, in Deno, and where there is nothing but `fetch`.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { RESOURCES, serve } from "../harness/client.ts";
import { DIST } from "./files.ts";

const HERE = join(import.meta.dirname, "runtimes");
const INSTALLED = join(import.meta.dirname, "../../.tools/runtimes/node_modules");
const PLATFORM = `${process.platform}-${process.arch}`;
const BUN = join(INSTALLED, `@oven/bun-${PLATFORM.replace("arm64", "aarch64")}/bin/bun`);
const DENO = join(INSTALLED, `@deno/${PLATFORM.replace(/^linux-.*/, "$&-glibc")}/deno`);

const PROGRAM = join(HERE, "program.mjs");
const BARE = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", join(HERE, "bare.mjs")];

const api = serve();

test.each([
  ["Node", process.execPath, [PROGRAM]],
  ["Bun", BUN, [PROGRAM]],
  ["Deno", DENO, ["run", "--quiet", "--no-config", "--allow-net", "--allow-read", PROGRAM]],
  ["nothing but fetch, crypto and timers", process.execPath, BARE],
  ["the fetch of React Native", process.execPath, BARE, "react-native"],
] as [string, string, string[], string?][])(
  "a lost answer is asked for again in %s",
  async (_, program, args, kind = "") => {
    const url = new URL(RESOURCES, api.server.address).href;

    const { stdout } = await promisify(execFile)(program, [...args, DIST, url, kind]);

    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ status: 201, other: "IntentChangedError", aborted: "AbortError" });
    expect(told.keys.slice(0, 2)).toEqual([told.key, told.key]);
    expect(told.pending).toMatchObject([
      { intent: "resource:1", key: told.key, state: "settled", status: 201 },
    ]);
    expect(await api.rows(told.key)).toHaveLength(1);
  },
);
