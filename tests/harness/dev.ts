// `wrangler dev`, as people start it: in a folder, with their own command.

import { type ChildProcess, spawn } from "node:child_process";
import { freePort } from "../../stores/local-server.ts";

export interface Dev {
  port: number;
  /** Such as `http://localhost:8787`. */
  base: string;
  /** What it has printed so far. */
  printed(): string;
  stop(): Promise<void>;
}

/** Runs `command`, whose last argument is to be the port's, in `folder`; resolves when it serves. */
export async function startDev(folder: string, command: string[], env = {}): Promise<Dev> {
  const port = await freePort();
  const [program = "npx", ...options] = [...command, "--port", String(port)];
  const wrangler = spawn(program, options, {
    cwd: folder,
    // Nothing is asked of Cloudflare here, for a test has to do without it.
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", ...env },
    // In a group of its own: the command, wrangler and the runtime end together.
    detached: true,
  });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const read = (text: Buffer) => {
      printed += text;
      if (printed.includes("Ready on")) resolve();
    };
    for (const stream of [wrangler.stdout!, wrangler.stderr!]) stream.on("data", read);
    wrangler.once("exit", () => reject(new Error(`wrangler dev has ended:\n${printed}`)));
  });
  const base = `http://localhost:${port}`;
  return { port, base, printed: () => printed, stop: () => stop(wrangler) };
}

async function stop(wrangler: ChildProcess) {
  const ended = new Promise((resolve) => wrangler.once("close", resolve));
  process.kill(-wrangler.pid!, "SIGKILL");
  await ended;
}
