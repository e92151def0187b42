// Requests as no HTTP client would send them: to the letter.

import { connect } from "node:net";

/** Sends `bytes` and resolves with all that comes until the server hangs up. */
export function raw(address: URL, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(Number(address.port), address.hostname);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => (received += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(Buffer.from(bytes, "latin1"));
  });
}

/** The status of each answer. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.[01] (\d{3}) /gm)].map(([, status]) => Number(status));
}

/** A request with these lines after those that each has. */
export function request(target: string, lines: string[], content = ""): string {
  return [`${target} HTTP/1.1`, "Host: localhost", ...lines, "", content].join("\r\n");
}
