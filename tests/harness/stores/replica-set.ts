// What MongoDB's driver sees of a replica set of three with TLS and passwords, in front of a server that knows none of these.
// The server answers what is asked of the primary by somebody who has logged in.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { BSON } from "mongodb";
import { must } from "../../../packages/worker/build/shell.mjs";
import { messageOf, messagesOf, replyTo } from "./wire.ts";

export const USER = "ann";
export const PASSWORD = "s3cret";

type Command = BSON.Document;

export interface ReplicaSet {
  /** Such as `localhost:1234`. */
  hosts: string[];
  /** The file of the certificate that a client has to trust. */
  authority: string;
  /** How many connections there have been, and how many of them have logged in. */
  connections: number;
  logins: number;
  /** What has been asked of the primary. */
  commands: Command[];
  /** Answers the next command of this name in the server's place. */
  answerNext(name: string, answer: Command): void;
  stop(): void;
}

const PRIMARY = 1;

/** `port` is the server's, on this machine; `folder` is where certificates are put. */
export async function startSet(port: number, folder: string): Promise<ReplicaSet> {
  const { key, cert, authority } = certificates(folder);
  const answers = new Map<string, Command>();
  const members = [0, 1, 2].map((member) => createServer({ key, cert }, (client) => serve(client, member)));
  const sockets = new Set<TLSSocket>();
  const set: ReplicaSet = {
    hosts: [],
    authority,
    connections: 0,
    logins: 0,
    commands: [],
    answerNext: (name, answer) => void answers.set(name, answer),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      for (const member of members) member.close();
    },
  };
  for (const member of members) {
    await once(member.listen(0), "listening");
    set.hosts.push(`localhost:${(member.address() as AddressInfo).port}`);
  }
  return set;

  function serve(client: TLSSocket, member: number) {
    set.connections += 1;
    sockets.add(client);
    const server = connect(port, "127.0.0.1");
    server.on("data", (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on("error", () => {}).on("close", () => other.destroy());
    const login = new Login();
    messagesOf(client, (bytes) => {
      const { command } = messageOf(bytes);
      const answer = answerOf(command, member, login);
      if (answer === undefined) server.write(bytes);
      else client.write(replyTo(bytes, answer));
    });
  }

  /** What is answered in the server's place. */
  function answerOf(command: Command, member: number, login: Login): Command | undefined {
    const [name = ""] = Object.keys(command);
    if (/^(hello|ismaster)$/i.test(name)) return hello(command, member, login);
    if (name === "saslStart") return login.begin(command["payload"]);
    if (name === "saslContinue") {
      const answer = login.end(command["payload"]);
      if (login.isDone) set.logins += 1;
      return answer;
    }
    if (!login.isDone)
      return { ok: 0, code: 13, codeName: "Unauthorized", errmsg: "requires authentication" };
    if (member !== PRIMARY)
      return { ok: 0, code: 10107, codeName: "NotWritablePrimary", errmsg: "not primary" };
    set.commands.push(command);
    const answer = answers.get(name);
    answers.delete(name);
    return answer;
  }

  function hello(command: Command, member: number, login: Login): Command {
    const isPrimary = member === PRIMARY;
    const begun = command["speculativeAuthenticate"];
    return {
      ok: 1,
      helloOk: true,
      isWritablePrimary: isPrimary,
      secondary: !isPrimary,
      setName: "set",
      setVersion: 1,
      hosts: set.hosts,
      primary: set.hosts[PRIMARY],
      me: set.hosts[member],
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      maxWireVersion: 21,
      ...(command["saslSupportedMechs"] && { saslSupportedMechs: ["SCRAM-SHA-256"] }),
      ...(begun && { speculativeAuthenticate: login.begin(begun.payload) }),
    };
  }
}

const ITERATIONS = 15_000;
const salt = randomBytes(28);
const salted = pbkdf2Sync(PASSWORD, salt, ITERATIONS, 32, "sha256");
const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest();

/** A server's part in SCRAM-SHA-256 (RFC 7677). */
class Login {
  isDone = false;
  #first = "";

  begin(payload: BSON.Binary): Command {
    const sent = payload.toString("utf8").slice("n,,".length);
    const nonce = /r=([^,]+)/.exec(sent)![1]!;
    const answered = `r=${nonce}${randomBytes(12).toString("base64")},s=${salt.toString("base64")},i=${ITERATIONS}`;
    this.#first = `${sent},${answered}`;
    return { ok: 1, conversationId: 1, done: false, payload: new BSON.Binary(Buffer.from(answered)) };
  }

  end(payload: BSON.Binary): Command {
    const [, final, proof] = /^(.*),p=(.*)$/.exec(payload.toString("utf8"))!;
    const exchanged = `${this.#first},${final}`;
    const stored = hash(hmac(salted, "Client Key"));
    const signature = hmac(stored, exchanged);
    const key = Buffer.from(Buffer.from(proof!, "base64").map((byte, n) => byte ^ signature[n]!));
    this.isDone = hash(key).equals(stored) && this.#first.startsWith(`n=${USER},`);
    if (!this.isDone)
      return { ok: 0, code: 18, codeName: "AuthenticationFailed", errmsg: "Authentication failed." };
    const verifier = hmac(hmac(salted, "Server Key"), exchanged).toString("base64");
    return { ok: 1, conversationId: 1, done: true, payload: new BSON.Binary(Buffer.from(`v=${verifier}`)) };
  }
}

/** A certificate of `localhost`, of an authority that nobody knows. */
function certificates(folder: string) {
  const openssl = (line: string) => must("openssl", line.split(" "), "Install openssl.", { cwd: folder });
  const made = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${made} -days 2 -keyout authority.key -out authority.pem -subj /CN=authority`);
  openssl(`req ${made} -keyout key -out request -subj /CN=localhost -addext subjectAltName=DNS:localhost`);
  const signing = "-CA authority.pem -CAkey authority.key -CAcreateserial -copy_extensions copy";
  openssl(`x509 -req -in request -out cert -days 2 ${signing}`);
  const [key, cert] = ["key", "cert"].map((name) => readFileSync(join(folder, name)));
  return { key, cert, authority: join(folder, "authority.pem") };
}
