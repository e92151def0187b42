// What is between MongoDB's driver and a server: it ends connections, or has insertions wait, as it is told to.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";

export class Line {
  readonly #port: number;
  readonly #server = createServer((socket) => void this.#pass(socket));
  readonly #open = new Set<Socket>();
  /** Collections whose messages end the connection. */
  readonly #cut = new Set<string>();
  /** Collections into which nothing is inserted until the promise is kept. */
  readonly #held = new Map<string, Promise<void>>();

  /** `port` is the server's, on this machine. */
  constructor(port: number) {
    this.#port = port;
  }

  /** The port to connect to. */
  async start(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async cut<T>(collection: string, meanwhile: () => Promise<T>): Promise<T> {
    this.#cut.add(collection);
    try {
      return await meanwhile();
    } finally {
      this.#cut.delete(collection);
    }
  }

  /** What waits reaches the server afterwards, whether anybody still waits for the answer or not. */
  async hold<T>(collection: string, meanwhile: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(collection, promise);
    try {
      return await meanwhile();
    } finally {
      this.#held.delete(collection);
      resolve();
    }
  }

  async #pass(client: Socket): Promise<void> {
    const server = connect(this.#port, "127.0.0.1");
    const ends = [client, server];
    for (const socket of ends) this.#open.add(socket);
    const checked = (sent: AsyncIterable<Buffer>) => this.#checked(sent);
    const passing = [pipeline(client, checked, server), pipeline(server, client)];
    await Promise.race(passing.map((way) => way.catch(() => {})));
    // The server has what was sent last: it reads it before it sees the end.
    for (const socket of ends) {
      socket.end();
      this.#open.delete(socket);
    }
    await Promise.allSettled(passing);
  }

  async *#checked(sent: AsyncIterable<Buffer>) {
    for await (const bytes of sent) {
      for (const collection of this.#cut) if (names(bytes, collection)) throw new Error("cut");
      for (const [collection, until] of this.#held)
        if (bytes.includes("insert\0") && names(bytes, collection)) await until;
      yield bytes;
    }
  }
}

/** A message begins with the command, whose value is the collection's name: it is in one piece with it. */
function names(message: Buffer, collection: string): boolean {
  return message.includes(`${collection}\0`);
}
