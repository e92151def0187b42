// The npm package as people have it: packed, installed into an empty folder, and without cargo.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Dev, startDev } from "./dev.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

export interface Ended {
  status: number;
  output: string;
}

export class Package {
  readonly #home: string;
  /** Where all programs are that there are. */
  readonly #path: string;

  private constructor(home: string) {
    this.#home = home;
    this.#path = join(home, "bin");
  }

  static async pack(): Promise<Package> {
    const made = new Package(await mkdtemp(join(await realpath(tmpdir()), "edge-idempotency-package-")));
    await mkdir(made.#path);
    for (const name of ["node", "npm", "npx", "sh"])
      await symlink(await pathOf(name), join(made.#path, name));
    const options = ["pack", "--silent", "--pack-destination", made.#home];
    await run("npm", options, { cwd: join(ROOT, "packages/worker") });
    return made;
  }

  /** An empty folder, with the package in it as npm installs it. Of wrangler, the copy that is here already. */
  async installed(): Promise<string> {
    const folder = await mkdtemp(join(this.#home, "folder-"));
    const packed = (await readdir(this.#home)).find((file) => file.endsWith(".tgz"))!;
    const packages = [join(this.#home, packed), join(ROOT, "node_modules/wrangler")];
    const options = ["install", "--offline", "--no-audit", "--no-fund", ...packages];
    const { status, output } = await this.run(folder, "npm", ...options);
    if (status !== 0) throw new Error(output);
    return folder;
  }

  /** The command, as npx starts it. */
  command(folder: string, ...words: string[]): Promise<Ended> {
    return this.run(folder, join(folder, "node_modules/.bin/edge-idempotency"), ...words);
  }

  async run(folder: string, program: string, ...words: string[]): Promise<Ended> {
    const env = { ...process.env, PATH: this.#path, WRANGLER_SEND_METRICS: "false" };
    const ended = await run(resolve(this.#path, program), words, { cwd: folder, env }).catch(
      (error) => error,
    );
    return { status: ended.code ?? 0, output: `${ended.stdout}${ended.stderr}` };
  }

  /** The command `gateway`, which serves. */
  gateway(folder: string, ...words: string[]): Promise<Dev> {
    return startDev(folder, ["npx", "edge-idempotency", "gateway", ...words], { PATH: this.#path });
  }

  async remove(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}

async function pathOf(name: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", `command -v ${name}`]);
  return realpath(stdout.trim());
}
