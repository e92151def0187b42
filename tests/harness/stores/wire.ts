// Messages of MongoDB's protocol, as far as a driver sends them: a header of sixteen bytes, then one document.

import type { Socket } from "node:net";
import { BSON } from "mongodb";

const HEADER = 16;
/** The kinds of a message. Of the old kind a driver sends only its first. */
const MESSAGE = 2013;
const OLD_REPLY = 1;

/** Hears each whole message. */
export function messagesOf(socket: Socket, hear: (bytes: Buffer) => void): void {
  let received = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    while (received.length >= HEADER && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      hear(received.subarray(0, length));
      received = received.subarray(length);
    }
  });
}

export function messageOf(bytes: Buffer): { isOld: boolean; command: BSON.Document } {
  const isOld = bytes.readInt32LE(12) !== MESSAGE;
  // After flags, and a byte that says that a document follows; or flags, a name that ends with zero, and two numbers.
  const at = isOld ? bytes.indexOf(0, HEADER + 4) + 1 + 8 : HEADER + 4 + 1;
  return { isOld, command: BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))) };
}

/** A reply to this message. */
export function replyTo(bytes: Buffer, answer: BSON.Document): Buffer {
  const { isOld } = messageOf(bytes);
  // Of the old kind: flags, a cursor of eight bytes, where in it this is, and how many documents follow.
  const before = isOld ? [8, 0, 0, 0, 1].flatMap(int32) : [...int32(0), 0];
  const document = BSON.serialize(answer);
  const length = HEADER + before.length + document.length;
  const header = [length, 1, bytes.readInt32LE(4), isOld ? OLD_REPLY : MESSAGE].flatMap(int32);
  return Buffer.concat([Buffer.from([...header, ...before]), document]);
}

function int32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return [...bytes];
}
