// Stands around the bundle's entry, in the runtime, as another release would: `POST /__change` says what is to be
// replaced in every question to an object, or in every reply of one, from then on.

import Worker, { Coordinator as Ours, Telemetry } from "./entry.js";

export { Telemetry };

let change = {};

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname !== "/__change") return Worker.fetch(request, env, context);
    change = await request.json();
    return new Response();
  },
};

export class Coordinator extends Ours {
  async fetch(request) {
    const question = { method: "POST", body: changed("question", await request.arrayBuffer()) };
    const reply = await super.fetch(new Request(request.url, question));
    return new Response(changed("reply", await reply.arrayBuffer()));
  }
}

/** The bytes, one character each while they are changed. */
function changed(which, bytes) {
  if (change.which !== which) return bytes;
  const text = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  const after = text.replace(new RegExp(change.part), change.by);
  return Uint8Array.from(after, (character) => character.charCodeAt(0));
}
