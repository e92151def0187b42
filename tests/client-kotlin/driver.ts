// A JVM that does what a test asks for: programs/Driver.kt, with the Kotlin client.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");

const CLASSPATH = [
  "packages/client-kotlin/build/client.jar",
  "tests/client-kotlin/build/programs.jar",
  ".tools/kotlin/node_modules/kotlin-compiler/lib/kotlin-stdlib.jar",
];

/** For programs of a second, a JVM's better compiler costs more than it saves. */
const OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"];

export interface Told {
  answer?: any;
  /** The name of the exception's class. */
  error?: string;
  message?: string;
  /** Of an outcome that is unknown, and what the service says of its key if that was to be asked. */
  reason?: string;
  status?: string | null;
  history?: string[] | null;
}

export interface Asked extends Promise<Told> {
  /** Interrupts the thread that does it. */
  interrupt(): void;
  /** Of that thread, as Java names it: `TIMED_WAITING` if it sleeps, `WAITING` if it waits for ever. */
  state(): Promise<string>;
}

export function startJvm(mainClass: string, args: string[] = []): ChildProcess {
  const classpath = CLASSPATH.map((jar) => join(ROOT, jar)).join(":");
  return spawn("java", [...OPTIONS, "-cp", classpath, mainClass, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

export class Driver {
  readonly #process = startJvm("DriverKt");
  readonly #waiting = new Map<number, (told: Told) => void>();
  #asked = 0;

  constructor() {
    createInterface({ input: this.#process.stdout! }).on("line", (line) => {
      const { id, ...told } = JSON.parse(line);
      this.#waiting.get(id)!(told);
    });
  }

  ask(what: { do: string; [more: string]: unknown }): Asked {
    const id = ++this.#asked;
    const told = new Promise<Told>((resolve) => this.#waiting.set(id, resolve));
    this.#write({ id, ...what });
    return Object.assign(told, {
      interrupt: () => this.#write({ id: 0, do: "interrupt", which: id }),
      state: async () => (await this.ask({ do: "state", which: id })).answer,
    });
  }

  /** Ends it with SIGKILL, as a phone does with an app. */
  async kill(): Promise<void> {
    if (this.#process.signalCode !== null) return;
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  #write(line: object) {
    this.#process.stdin!.write(`${JSON.stringify(line)}\n`);
  }
}
