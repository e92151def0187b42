// What a process takes of the machine, as Linux tells it in /proc (proc_pid_stat(5), proc_pid_status(5)).

import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const MS_PER_TICK = 10;

export class Processor {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Milliseconds of processor time, of all threads, since the process began. */
  cpuMs(): number {
    // The name, in parentheses, may contain spaces.
    const fields = this.#read("stat").split(") ").at(-1)!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  /** Megabytes of memory in use. */
  memoryMb(): number {
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#read("status"))![1]) / 1024);
  }

  #read(name: string): string {
    return readFileSync(`/proc/${this.#pid}/${name}`, "utf8");
  }
}
