// What a process takes of the machine, as Linux tells it in /proc (proc_pid_status(5), and schedstats in its documentation).

import { readdirSync, readFileSync } from "node:fs";

export class Processor {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Milliseconds of processor time, of all threads that there are, since each began. */
  cpuMs(): number {
    const threads = readdirSync(`/proc/${this.#pid}/task`);
    const nanoseconds = threads.map((thread) => Number(this.#read(`task/${thread}/schedstat`).split(" ")[0]));
    return nanoseconds.reduce((sum, some) => sum + some, 0) / 1e6;
  }

  /** Megabytes of memory in use. */
  memoryMb(): number {
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#read("status"))![1]) / 1024);
  }

  #read(name: string): string {
    return readFileSync(`/proc/${this.#pid}/${name}`, "utf8");
  }
}
