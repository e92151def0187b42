// The objects' storage as it lies on the disk: for what no request can bring about, and to see that it is gone.

import { createHash, createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";
import type { Server } from "./server.ts";

/** The layout of addresses: docs/storage.md. */
const LAYOUT = "edge-idempotency/1";

/** The name of the object that keeps a caller's key. */
export function objectName(key: string, as?: string): string {
  return address(key, as).toString("hex");
}

/** The KV key of the copy of a caller's key. */
export function copyName(key: string, as?: string): string {
  return `replay/1/${objectName(key, as)}`;
}

/** A copy as it is kept in KV: a line with its seal, and the record. */
export function sealed(key: string, record: string, secret = ""): string {
  const seal = digest(createHash("sha256").update(secret).digest(), digest(LAYOUT, address(key), record));
  return `"${seal.toString("hex")}"\n${record}`;
}

function address(key: string, as?: string): Buffer {
  const scope = as === undefined ? digest("anonymous") : digest("token", as);
  return digest(LAYOUT, scope, Buffer.from(key.replaceAll("-", ""), "hex"));
}

/** What the object has stored, a line of JSON and the saved response's content; nothing if it is empty. */
export function record(server: Server, name: string): string | undefined {
  if (!existsSync(fileOf(server, name))) return undefined;
  return read(fileOf(server, name), (storage) => {
    const tables = storage.prepare("SELECT 1 FROM sqlite_master WHERE name = '_cf_KV'").all();
    const row =
      tables.length > 0 ? storage.prepare("SELECT value FROM _cf_KV WHERE key = 'record'").get() : undefined;
    return row && Buffer.from(deserialize(row.value as Uint8Array)).toString("latin1");
  });
}

/** When the object's alarm rings, in milliseconds; nothing if none is set. */
export function alarm(server: Server, name: string): number | undefined {
  return read(join(server.objects, "metadata.sqlite"), (alarms) => {
    const select = "SELECT scheduled_time / 1000000 AS ms FROM _cf_ALARM WHERE actor_name = ?";
    return alarms.prepare(select).get(name)?.ms as number | undefined;
  });
}

/** Lets the object's alarm ring at once: both the runtime and the object know when. The server must be stopped. */
export function ringNow(server: Server, name: string): void {
  const at = BigInt(Date.now()) * 1_000_000n;
  const update = (file: string, statement: string, ...whose: string[]) => {
    const database = new DatabaseSync(file);
    const { changes } = database.prepare(statement).run(at, ...whose);
    database.close();
    if (changes !== 1) throw new Error(`no alarm of ${name}`);
  };
  const alarms = join(server.objects, "metadata.sqlite");
  update(alarms, "UPDATE _cf_ALARM SET scheduled_time = ? WHERE actor_name = ?", name);
  update(fileOf(server, name), "UPDATE _cf_METADATA SET value = ? WHERE key = 1");
}

/** Makes what the object has noted of a record that it cannot read so many milliseconds older. Likewise. */
export function age(server: Server, name: string, byMs: number): void {
  const storage = new DatabaseSync(fileOf(server, name));
  const { value } = storage.prepare("SELECT value FROM _cf_KV WHERE key = 'unreadable'").get()!;
  const note = JSON.parse(Buffer.from(deserialize(value as Uint8Array)).toString());
  const aged = serialized(Buffer.from(JSON.stringify({ ...note, since: note.since - byMs })));
  storage.prepare("UPDATE _cf_KV SET value = ? WHERE key = 'unreadable'").run(aged);
  storage.close();
}

/** Replaces a part of the object's record, which stays a record. The server must be stopped. */
export function rewrite(server: Server, name: string, part: RegExp, change: (part: string) => string): void {
  overwrite(server, name, (before) => {
    const after = before.replace(part, change);
    if (after === before) throw new Error(`not rewritten: ${before}`);
    return redigested(after);
  });
}

/** Replaces all that the object has stored. The server must be stopped. */
export function overwrite(server: Server, name: string, change: (stored: string) => string): void {
  const after = serialized(Buffer.from(change(record(server, name)!), "latin1"));
  const storage = new DatabaseSync(fileOf(server, name));
  storage.prepare("UPDATE _cf_KV SET value = ? WHERE key = 'record'").run(after);
  storage.close();
}

/** Bytes as the runtime stores them, in version 15 of V8's format: a buffer, and a view of all of it. */
function serialized(bytes: Buffer): Buffer {
  const length = [bytes.length & 0x7f];
  for (let rest = bytes.length >> 7; rest > 0; rest >>= 7) {
    length[length.length - 1]! |= 0x80;
    length.push(rest & 0x7f);
  }
  const view = Buffer.from([0x56, 0x42, 0, ...length, 0]);
  return Buffer.concat([Buffer.from([0xff, 15, 0x42, ...length]), bytes, view]);
}

/** A record with the digest that it has to have. */
export function redigested(record: string): string {
  const [head, body] = split(record);
  const json = /(?<="record":).*(?=\}$)/.exec(head)![0];
  const right = digest(Buffer.from(json, "latin1"), Buffer.from(body, "latin1")).toString("hex");
  return `${head.replace(/(?<="digest":")[0-9a-f]{64}/, right)}\n${body}`;
}

function split(record: string): [head: string, body: string] {
  const end = record.indexOf("\n");
  return [record.slice(0, end), record.slice(end + 1)];
}

/** Makes the object forget its record. The server must be stopped. */
export function forget(server: Server, name: string): void {
  const storage = new DatabaseSync(fileOf(server, name));
  storage.exec("DELETE FROM _cf_KV");
  storage.close();
}

function read<T>(file: string, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function fileOf(server: Server, name: string): string {
  return join(server.objects, `${objectId(name)}.sqlite`);
}

/** How the runtime derives an object's id, which is its file's name, from the object's name. */
function objectId(name: string): string {
  const secret = createHash("sha256").update("edge-idempotency-Coordinator").digest();
  const mac = (text: string | Buffer) => createHmac("sha256", secret).update(text).digest().subarray(0, 16);
  const base = mac(name);
  return Buffer.concat([base, mac(base)]).toString("hex");
}

/** SHA-256 over parts, each preceded by its length. */
function digest(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    hash.update(length).update(part);
  }
  return hash.digest();
}
