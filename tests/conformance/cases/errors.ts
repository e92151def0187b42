// Errors as clients read them, browsers, and the status look-up.

import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, NotApplicable } from "../case.ts";
import type { Answer } from "../wire.ts";
import { bug, draft, policy, rfc } from "./sources.ts";

export const ERRORS: Case[] = [
  {
    id: "problems",
    title: "Errors are application/problem+json, and their type and status are the same each time",
    source: draft("2.7"),
    shows: [100],
    needs: ["expects.problems"],
    run: async (bench) => {
      for (const make of bench.profile.key.required ? [noKey, otherPayload] : [otherPayload]) {
        const [one, two] = [await make(bench), await make(bench)];
        isProblem(one);
        equal(two.json?.type, one.json.type, "type");
        equal(two.status, one.status, "status");
      }
    },
  },
  {
    id: "problems-say-whether-to-retry",
    title: "409 says: the same request again. A mismatch says: not this one",
    source: policy("a hint for clients"),
    shows: [100],
    needs: ["expects.retryableMember", "delay"],
    run: async (bench) => {
      const member = bench.profile.expects.retryableMember!;
      const key = bench.key();
      const running = bench.post(key, { fault: bench.fault(["delay", 2500]) });
      await bench.isRunning(key);
      const duplicate = await bench.post(key);
      const other = await bench.post(key, { value: "2" });
      if (bench.isInProgress(duplicate)) {
        isProblem(duplicate);
        equal(duplicate.json[member], true, `${member} of a duplicate`);
      }
      isProblem(other);
      equal(other.json[member], false, `${member} of a mismatch`);
      await running;
    },
  },
  {
    id: "problems-after-failures",
    title: "A failure that a retry may heal says so",
    source: rfc(9110, "15.6.4"),
    needs: ["expects.problems", "failBefore"],
    run: async (bench) => {
      if (bench.holds) throw new NotApplicable("a retry heals no failure of unknown outcome");
      const failed = await bench.post(bench.key(), { fault: bench.fault(["failBefore"]) });
      isProblem(failed);
      const { retryableMember, ...rest } = bench.profile.expects;
      if (retryableMember && rest.problems) equal(failed.json[retryableMember], true, retryableMember);
      if (failed.status === 503) check(failed.field("Retry-After") !== undefined, "503 without Retry-After");
    },
  },
  {
    id: "accept-changes-no-status",
    title: "What a client accepts changes neither the status of an error nor the replay",
    source: rfc(9110, "12.5.1"),
    shows: [101],
    run: async (bench) => {
      const key = bench.key();
      const first = await bench.first(key);
      const plain = await bench.post(key, { value: "2" });
      for (const accept of ["text/html", "application/xml;q=0.9", "*/*", "application/problem+json"]) {
        const fields: [string, string][] = [["Accept", accept]];
        equal((await bench.post(key, { value: "2", fields })).status, plain.status, `with Accept: ${accept}`);
        bench.replays(await bench.post(key, { fields }), first, `with Accept: ${accept}`);
      }
    },
  },
  {
    id: "content-type",
    title: "A content type that the route does not take is refused, and the key stays free",
    source: rfc(9110, "15.5.16"),
    needs: ["expects.problems"],
    run: async (bench) => {
      const key = bench.key();
      for (const contentType of ["text/plain", "application/xml"])
        hasStatus(await bench.post(key, { contentType }), [400, 415, 422], contentType);
      await bench.isStillFree(key);
    },
  },
  {
    id: "status-look-up",
    title: "The status look-up tells unknown, running, completed and failed keys apart, and truly",
    source: policy("status look-up"),
    shows: [102],
    needs: ["status", "delay", "failBefore"],
    run: async (bench) => {
      const { member, completed, failed } = bench.profile.status!;
      const is = async (key: string, status: string) =>
        equal((await bench.look(key)).json?.[member], status, `the status of the key`);
      const key = bench.key();
      hasStatus(await bench.look(key), 404, "an unknown key");
      await bench.post(key, { fault: bench.fault(["failBefore"]) });
      await is(key, failed);
      const running = bench.post(key, { fault: bench.fault(["delay", 2500]) });
      await bench.isRunning(key);
      await running;
      await is(key, completed);
      const refused = bench.key();
      await bench.post(refused, { contentType: "text/plain" });
      hasStatus(await bench.look(refused), 404, "a key whose request was refused");
    },
  },
  {
    id: "status-look-up-changes-nothing",
    title: "Looking a key up does not use it",
    source: rfc(9110, "9.2.1"),
    needs: ["status"],
    run: async (bench) => {
      const key = bench.key();
      await bench.look(key);
      const first = await bench.first(key);
      await bench.look(key);
      bench.replays(await bench.post(key), first);
      await bench.hasEffects(1);
    },
  },
  {
    id: "audit-trail",
    title: "The trail of a key has each change of its state, and one effect",
    source: policy("audit trail of keys"),
    shows: [103],
    notFromOutside: "no such trail has a form that a suite could read",
    run: async () => {},
  },
  {
    id: "preflight",
    title: "A page may send the key, and may read the fields that go with it",
    source: "Fetch standard, CORS protocol",
    shows: [98],
    needs: ["cors"],
    run: async (bench) => {
      const { origin, exposed } = bench.profile.cors!;
      const answer = await preflight(bench, origin);
      check(answer.status < 300, `the preflight got ${answer.status}`);
      const allowed = listOf(answer, "Access-Control-Allow-Headers");
      check(allowed.includes(bench.profile.key.field.toLowerCase()), `allowed: ${allowed.join()}`);
      const key = bench.key();
      const fields: [string, string][] = [["Origin", origin]];
      for (const sent of [await bench.post(key, { fields }), await bench.post(key, { fields })]) {
        const readable = listOf(sent, "Access-Control-Expose-Headers");
        for (const name of exposed) check(readable.includes(name.toLowerCase()), `${name} is not exposed`);
      }
    },
  },
  {
    id: "preflight-uses-no-key",
    title: "A preflight, with or without the key itself, leaves the key free",
    source: bug("OPTIONS was saved as the first request"),
    shows: [99],
    run: async (bench) => {
      const key = bench.key();
      const origin = bench.profile.cors?.origin ?? "https://shop.example";
      for (let i = 0; i < 2; i += 1) await preflight(bench, origin, [bench.keyField(key)]);
      await bench.first(key);
      await bench.hasEffects(1);
    },
  },
  {
    id: "origins-share-no-answer",
    title: "A replay to a page of another origin does not carry the first page's permission",
    source: bug("Access-Control-Allow-Origin was saved with the answer"),
    needs: ["cors"],
    run: async (bench) => {
      const key = bench.key();
      const { origin } = bench.profile.cors!;
      await bench.first(key, { fields: [["Origin", origin]] });
      const other = await bench.post(key, { fields: [["Origin", "https://other.example"]] });
      check(
        other.field("Access-Control-Allow-Origin") !== origin,
        "the first origin's permission was replayed",
      );
    },
  },
];

const noKey = (bench: Bench) => bench.post(undefined);

async function otherPayload(bench: Bench): Promise<Answer> {
  const key = bench.key();
  await bench.first(key);
  return bench.post(key, { value: "2" });
}

function isProblem(answer: Answer): void {
  const type = answer.field("Content-Type") ?? "none";
  check(/^application\/problem\+json/.test(type), `${answer.status} is of type ${type}`);
  equal(answer.json?.status, answer.status, "the member status");
  check(typeof answer.json.type === "string", "a problem without type");
  check(typeof answer.json.title === "string", "a problem without title");
}

function preflight(bench: Bench, origin: string, fields: [string, string][] = []): Promise<Answer> {
  return bench.request(bench.profile.routes.main.path, {
    method: "OPTIONS",
    caller: [],
    fields: [
      ["Origin", origin],
      ["Access-Control-Request-Method", "POST"],
      ["Access-Control-Request-Headers", `content-type, ${bench.profile.key.field.toLowerCase()}`],
      ...fields,
    ],
  });
}

function listOf(answer: Answer, field: string): string[] {
  return (answer.field(field) ?? "").toLowerCase().split(/\s*,\s*/);
}
