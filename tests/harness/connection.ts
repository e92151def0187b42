// A connection as no HTTP client would use it: what is sent is sent to the letter.

import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "./client.ts";

export interface RawAnswer {
  status: number;
  head: string;
  json: any;
}

export class Connection {
  #socket: Socket;
  #received = "";

  /** It ends with the test. */
  constructor(address: URL) {
    this.#socket = connect(Number(address.port), address.hostname);
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => (this.#received += text));
    this.#socket.on("error", () => {});
    onTestFinished(() => void this.#socket.destroy());
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Hangs up at once, as a client does that dies. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Sends no more, and goes on listening. */
  end(): void {
    this.#socket.end();
  }

  /** Whether this is in what has come. */
  hasReceived(text: string): boolean {
    return this.#received.includes(text);
  }

  /** The next answer, once all of it has come. */
  async answer(): Promise<RawAnswer> {
    let whole = "";
    await eventually(() => (whole = firstAnswer(this.#received)) !== "");
    this.#received = this.#received.slice(whole.length);
    const head = whole.slice(0, whole.indexOf("\r\n\r\n"));
    const content = whole.slice(head.length + 4);
    const json = content.startsWith("{") ? JSON.parse(content) : undefined;
    return { status: Number(head.split(" ")[1]), head, json };
  }
}

/** Nothing as long as a part of it is missing. Every answer of the service tells its length. */
function firstAnswer(received: string): string {
  const headLength = received.indexOf("\r\n\r\n") + 4;
  const contentLength = /^content-length: (\d+)/im.exec(received.slice(0, headLength))?.[1] ?? 0;
  const length = headLength + Number(contentLength);
  return headLength > 4 && received.length >= length ? received.slice(0, length) : "";
}
