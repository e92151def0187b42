// The end of a record's life.

import type { Bench, Call } from "../bench.ts";
import { type Case, check, equal, NotApplicable, pause } from "../case.ts";
import type { Answer } from "../wire.ts";
import { bug, draft, policy, STRIPE } from "./sources.ts";

/** Around the announced moment, requests follow each other this closely. */
const STEP_MS = 100;
/** How long before it they begin. */
const LEAD_MS = 1500;
/** How far the target's clock, and its reading of it, may be off. */
const TOLERANCE_MS = 100;

export const EXPIRY: Case[] = [
  {
    id: "expiry-to-the-moment",
    title: "Just before its expiry a key is replayed; just after, the request is a new one",
    source: draft("2.3"),
    shows: [83, 84],
    needs: ["expiry"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const expiresAt = expiryOf(bench, first);
      await pause(expiresAt - LEAD_MS - Date.now());
      let before = 0;
      let answer = await bench.post(key);
      for (; answer.body.equals(first.body); answer = await bench.post(key)) {
        bench.replays(answer, first, "a request before the expiry");
        check(
          answer.sentAt < expiresAt + TOLERANCE_MS,
          `it was replayed ${answer.sentAt - expiresAt} ms too late`,
        );
        if ("field" in bench.profile.expiry!)
          equal(expiryOf(bench, answer), expiresAt, "the expiry, as a replay tells it");
        before += 1;
        await pause(STEP_MS);
      }
      bench.succeeded(answer, "the first request after the expiry");
      check(answer.receivedAt > expiresAt - TOLERANCE_MS, "it ran anew before the expiry");
      check(!bench.isMarked(answer), "the new answer is marked as a replay");
      if (before === 0) throw new NotApplicable("the machine is too slow: nothing arrived before the expiry");
      await bench.hasEffects(2);
      bench.replays(await bench.post(key), answer, "the new key's retry");
    },
  },
  {
    id: "expired-key-takes-another-payload",
    title: "After its expiry, deleted or not, a key takes another payload",
    source: STRIPE,
    shows: [85, 86],
    needs: ["expiry"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const first = await expired(bench, key);
      const other = await bench.first(key, { value: "2" });
      check(!other.body.equals(first.body), "it got the old answer");
      bench.mismatches(await bench.post(key), "the old payload");
      await bench.hasEffects(2);
    },
  },
  {
    id: "expired-copies",
    title: "No copy of the old answer outlives the record, however often it is asked for",
    source: bug("a cache kept answers for its own time"),
    shows: [87],
    needs: ["expiry"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      const first = await expired(bench, key, { replays: 5 });
      const second = await bench.first(key);
      for (let i = 0; i < 20; i += 1) {
        const answer = await bench.post(key);
        check(!answer.body.equals(first.body), `request ${i} after the expiry got the old answer`);
        bench.replays(answer, second);
      }
      await bench.hasEffects(2);
    },
  },
  {
    id: "expired-together",
    title: "The first requests after an expiry, 20 at once: one effect",
    source: bug("expired records were replaced without the check that new ones get"),
    needs: ["expiry"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      await expired(bench, key);
      await Promise.all(Array.from({ length: 20 }, () => bench.post(key)));
      await bench.hasEffects(2);
    },
  },
  {
    id: "expired-failure",
    title: "A failed attempt's key expires too, and takes another payload then",
    source: policy("lifetimes of failures"),
    needs: ["expiry", "failBefore", "counting"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      await expired(bench, key, { fault: bench.fault(["failBefore"]) });
      await bench.first(key, { value: "2" });
      await bench.hasEffects(1);
    },
  },
  {
    id: "expired-status",
    title: "The status of an expired key is that of an unknown one",
    source: policy("status look-up"),
    needs: ["expiry", "status"],
    waits: true,
    run: async (bench) => {
      const key = bench.key();
      await expired(bench, key);
      const unknown = await bench.look(bench.key());
      equal((await bench.look(key)).status, unknown.status, "the status look-up");
    },
  },
  {
    id: "expiry-is-told",
    title: "The end of a key's life is told, and replays do not move it",
    source: draft("2.3"),
    shows: [88],
    run: async (bench) => {
      const { expiry } = bench.profile;
      if (!expiry || !("field" in expiry)) throw new NotApplicable("it is told by documentation alone");
      const key = bench.key();
      const first = await bench.first(key);
      const expiresAt = expiryOf(bench, first);
      check(expiresAt > first.receivedAt, `it expires at ${first.field(expiry.field)}`);
      equal(expiryOf(bench, await bench.post(key)), expiresAt, "the expiry, as a replay tells it");
    },
  },
];

/** A first request, and a wait until its record has expired. */
async function expired(bench: Bench, key: string, call: Call & { replays?: number } = {}): Promise<Answer> {
  const first = await bench.post(key, call);
  for (let i = 0; i < (call.replays ?? 0); i += 1) bench.replays(await bench.post(key), first);
  await pause(expiryOf(bench, first) + TOLERANCE_MS - Date.now());
  return first;
}

function expiryOf(bench: Bench, answer: Answer): number {
  const expiry = bench.profile.expiry!;
  if ("ttl_ms" in expiry) return answer.receivedAt + expiry.ttl_ms;
  const told = Date.parse(answer.field(expiry.field) ?? "");
  check(!Number.isNaN(told), `${expiry.field} is ${answer.field(expiry.field) ?? "missing"}`);
  return told;
}
