// The service in front of an API that knows no keys: WebSockets between a client and the API.

import { once } from "node:events";
import { expect, test } from "vitest";
import { scriptedGateway } from "../harness/scripted-gateway.ts";

const { client } = scriptedGateway();

test("a WebSocket opens, and messages pass both ways until it is closed", async () => {
  const { host } = client.server.address;
  const socket = new WebSocket(`ws://${host}/live?room=7`);
  const said: string[] = [];

  const [hello] = await once(socket, "message");
  for (const word of ["one", "two"]) {
    socket.send(word);
    const [{ data }] = await once(socket, "message");
    said.push(data);
  }
  socket.close(4001, "enough");
  const [closed] = await once(socket, "close");

  expect(hello.data).toBe("hello /live?room=7");
  expect(said).toEqual(["one", "two"]);
  expect([closed.code, closed.reason]).toEqual([4001, "enough"]);
});
