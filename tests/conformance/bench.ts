// One case's view of the target: requests in one line, effects counted, expectations in the field's terms.

import { exec } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { check, equal, eventually, hasStatus, type Need, NotApplicable, pause } from "./case.ts";
import type { Fault, Field, KeyedRoute, Profile } from "./profile.ts";
import { type Answer, type Outgoing, send } from "./wire.ts";

/** How long a first request is given to reach the target before its duplicate, where no look-up tells. */
const LEAD_MS = 250;

export interface Target {
  url: URL;
  profile: Profile;
  /** Where the profile's commands run. */
  folder: string;
  /** Every random choice follows from it. */
  seed: number;
}

export interface Call extends Partial<Outgoing> {
  route?: KeyedRoute;
  path?: string;
  /** With its question mark. */
  query?: string;
  /** The JSON value in the payload's free place. */
  value?: string;
  /** In the place of the whole payload. */
  payload?: string;
  contentType?: string;
  tag?: string;
  caller?: Field[];
  /** In the place of the profile's key field. */
  keyFields?: Field[];
  fault?: string;
  wait_s?: number;
}

export class Bench {
  /** Effects of this case carry it. */
  readonly tag = `t${randomBytes(8).toString("hex")}`;
  readonly target: Target;
  readonly profile: Profile;
  /** Whether the target has something that the case can do without. */
  readonly can: (need: Need) => boolean;
  /** What successful answers called the thing they made, where effects are counted by that. */
  private ids = new Map<string, Set<unknown>>();

  constructor(target: Target, can: (need: Need) => boolean = () => false) {
    this.target = target;
    this.can = can;
    this.profile = target.profile;
  }

  key(): string {
    return randomUUID();
  }

  /** The key as the profile's field carries it. */
  keyField(key: string): Field {
    return [this.profile.key.field, this.profile.key.spelling === "quoted" ? `"${key}"` : key];
  }

  payload(call: Call = {}): string {
    const route = call.route ?? this.profile.routes.main;
    return (
      call.payload ??
      route.payload.replaceAll("$TAG", call.tag ?? this.tag).replaceAll("$VALUE", () => call.value ?? "1")
    );
  }

  /** A request to a keyed route: `main`, with a payload that it takes, unless the call says otherwise. */
  post(key: string | undefined, call: Call = {}): Promise<Answer> {
    return handled(this.sendKeyed(key, call));
  }

  private async sendKeyed(key: string | undefined, call: Call): Promise<Answer> {
    const answer = await this.request(call.path ?? (call.route ?? this.profile.routes.main).path, {
      method: "POST",
      ...call,
      fields: [
        ["Content-Type", call.contentType ?? "application/json"],
        ...(call.keyFields ?? (key === undefined ? [] : [this.keyField(key)])),
        ...(call.fields ?? []),
      ],
      body: call.body ?? this.payload(call),
    });
    const { effects, expects } = this.profile;
    if ("idMember" in effects && answer.status === expects.success && answer.json) {
      const tag = call.tag ?? this.tag;
      const scope = `${tag} ${JSON.stringify(this.caller(call))}`;
      this.ids.set(scope, (this.ids.get(scope) ?? new Set()).add(answer.json[effects.idMember]));
    }
    return answer;
  }

  request(path: string, call: Call = {}): Promise<Answer> {
    const fields = [...this.caller(call), ...(call.fields ?? [])];
    if (call.fault !== undefined) fields.push([this.profile.faults!.field, call.fault]);
    if (call.wait_s !== undefined) fields.push(["Prefer", `wait=${call.wait_s}`]);
    const url = new URL(path + (call.query ?? ""), this.target.url);
    return handled(send(url, { method: "GET", ...call, fields }));
  }

  caller(call: Call): Field[] {
    return call.caller ?? this.profile.callers?.first ?? [];
  }

  /** What the target is to be told so that an attempt goes wrong; several of them in one. */
  fault(...faults: [Fault, ms?: number][]): string {
    return faults.map(([fault, ms]) => this.profile.faults![fault]!.replace("$MS", String(ms))).join(",");
  }

  /** How many effects there are with a tag of a caller. */
  async effects(call: Call = {}): Promise<number> {
    const tag = call.tag ?? this.tag;
    const { effects } = this.profile;
    if (!("list" in effects)) return this.ids.get(`${tag} ${JSON.stringify(this.caller(call))}`)?.size ?? 0;
    const answer = await this.request(effects.list.replaceAll("$TAG", tag), { caller: this.caller(call) });
    check(Array.isArray(answer.json), `${effects.list} has no array: ${answer.status}`);
    return answer.json.length;
  }

  async hasEffects(expected: number, call: Call = {}): Promise<void> {
    equal(await this.effects(call), expected, "effects");
  }

  /** A first request that has to succeed, and is no replay. */
  async first(key: string | undefined, call: Call = {}): Promise<Answer> {
    const answer = await this.post(key, call);
    this.succeeded(answer, "the first request");
    check(!this.isMarked(answer), "the first answer is marked as a replay");
    return answer;
  }

  /** After a refusal, the key takes a first request. */
  async isStillFree(key: string): Promise<void> {
    if (this.profile.policies.afterRefusal === "kept") throw new NotApplicable("the target keeps refusals");
    await this.first(key);
    await this.hasEffects(1);
  }

  succeeded(answer: Answer, what: string): void {
    hasStatus(answer, this.profile.expects.success, what);
  }

  /** Same status, same bytes, and the marker if the target has one. */
  replays(answer: Answer, first: Answer, what = "the retry"): void {
    hasStatus(answer, first.status, what);
    check(answer.body.equals(first.body), `${what} has another body than the first answer`);
    if (this.profile.expects.replayMarker) check(this.isMarked(answer), `${what} has no replay marker`);
  }

  isMarked(answer: Answer): boolean {
    const marker = this.profile.expects.replayMarker;
    return marker !== undefined && answer.field(marker[0])?.toLowerCase() === marker[1].toLowerCase();
  }

  /** Refused as another request, and not a replay. */
  mismatches(answer: Answer, what: string): void {
    hasStatus(answer, this.profile.expects.mismatch, what);
    check(!this.isMarked(answer), `${what} is marked as a replay`);
  }

  /** What a duplicate of a running request gets: 409, or the first answer, as the profile says. */
  async isToldOrReplays(duplicate: Answer, running: Promise<Answer>): Promise<void> {
    const { inProgress } = this.profile.expects;
    if (inProgress === "waits") this.replays(duplicate, await running, "the duplicate");
    else hasStatus(duplicate, inProgress, "the duplicate");
  }

  isInProgress(answer: Answer): boolean {
    return answer.status === this.profile.expects.inProgress && !this.isHeld(answer);
  }

  /** Refused because nobody knows what became of an earlier request. */
  isHeld(answer: Answer): boolean {
    const { held } = this.profile.expects;
    return held !== undefined && answer.status === held.status && answer.json?.type === held.type;
  }

  /** Whether the target holds what may have taken effect, in the place of running it again. */
  get holds(): boolean {
    return this.profile.policies.afterFailure === "held";
  }

  /** What a key has come to, it comes to again: the same answer, or the same refusal. */
  repeats(answer: Answer, first: Answer, what = "the retry"): void {
    if (this.isHeld(first)) check(this.isHeld(answer), `${what} is not held, but got ${answer.status}`);
    else this.replays(answer, first, what);
  }

  /**
   * After an attempt that went wrong: the retry succeeds, with one effect, and is replayed from then on. Where such keys
   * are held, it is refused, and there are no more effects than the attempt has made.
   */
  async isHealed(key: string, made: 0 | 1): Promise<void> {
    const retry = await this.recovered(key);
    if (!this.holds) this.succeeded(retry, "the retry");
    else check(this.isHeld(retry) || this.isMarked(retry), `the retry got ${retry.status}`);
    this.repeats(await this.post(key), retry);
    if (!this.holds) return this.hasEffects(1);
    check((await this.effects()) <= made, "more than one effect");
  }

  /** Asks again while it is told that the first request is running. */
  async settled(key: string, call: Call = {}): Promise<Answer> {
    let answer!: Answer;
    await eventually(
      async () => {
        answer = await this.post(key, call);
        return !this.isInProgress(answer);
      },
      "the key is still in progress",
      this.profile.recovery_ms,
    );
    return answer;
  }

  /** Asks again as a client does that was cut off or got a retryable error. */
  async recovered(key: string, call: Call = {}): Promise<Answer> {
    let answer!: Answer;
    await eventually(
      async () => {
        answer = await this.post(key, call);
        return answer.status < 500 && !this.isInProgress(answer);
      },
      "the key does not recover",
      this.profile.recovery_ms,
    );
    return answer;
  }

  /** Resolves when an attempt with this key is running, or should be. */
  async isRunning(key: string, call: Call = {}): Promise<void> {
    const { status } = this.profile;
    if (status === undefined) return pause(LEAD_MS);
    let told: unknown;
    const hasBegun = async () => {
      const answer = await this.look(key, call);
      told = answer.json?.[status.member];
      return answer.status === 200 && told !== status.failed;
    };
    await eventually(hasBegun, "the attempt does not begin");
    equal(told, status.processing, "the status of a key that is to be running");
  }

  /** What became of a key. */
  look(key: string, call: Call = {}): Promise<Answer> {
    return this.request(this.profile.status!.path.replace("$KEY", key), { caller: this.caller(call) });
  }

  /** Ends the target with SIGKILL, and waits until it serves again. */
  async kill(): Promise<void> {
    const { kill, restart, ready } = this.profile;
    for (const command of [kill!, restart]) if (command) await this.command(command);
    const serves = async () => (await this.request(ready)).status < 300;
    await eventually(serves, "the target does not come back", 30_000);
  }

  private async command(command: string): Promise<void> {
    const { url, folder } = this.target;
    const text = command
      .replaceAll("$NODE", process.execPath)
      .replaceAll("$PORT", url.port)
      .replaceAll("$URL", url.href);
    try {
      await promisify(exec)(text, { cwd: folder, timeout: 20_000 });
    } catch (error) {
      throw new NotApplicable(
        `the profile's command failed: ${(error as { stderr?: string }).stderr ?? error}`,
      );
    }
  }
}

/** A case may fail before it awaits a request that it has sent: the request's own end is nobody's business then. */
export function handled(answer: Promise<Answer>): Promise<Answer> {
  answer.catch(() => {});
  return answer;
}
