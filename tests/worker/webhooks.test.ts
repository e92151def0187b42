// The service in front of a receiver of webhooks: what becomes of an event that is delivered several times.

import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventually, newKey } from "../harness/client.ts";
import { heldReply } from "../harness/upstream.ts";
import { github, paypal, receiver, slack, stripe } from "../harness/webhooks.ts";

const api = receiver();
const { upstream } = api;
const send: typeof api.send = (...delivery) => api.send(...delivery);
const typeOf = async (answer: Response) => ((await answer.json()) as { type: string }).type;

describe("an event", () => {
  test("reaches the receiver once if its deliveries come 70 ms apart", async () => {
    const id = newKey();
    const path = `/paypal/${id}/new?after=300`;

    const first = send(path, paypal(id));
    await pause(70);
    const answers = await Promise.all([first, send(path, paypal(id)), send(path, paypal(id))]);

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("that was taken gets the same answer again, in whatever words it comes", async () => {
    const id = newKey();
    const path = `/stripe/${id}/new`;

    const first = await send(path, stripe(id));
    const retry = await send(path, stripe(id, undefined, `{ "id": "${id}", "pending_webhooks": 1 }`));

    expect([first.status, retry.status]).toEqual([201, 201]);
    expect(await retry.text()).toBe(await first.text());
    expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
    expect(upstream.at(path)).toHaveLength(1);
  });

  test.each([500, 503, 400, 404, 401, 302])(
    "that the receiver answers with %i is delivered again, until it is taken",
    async (status) => {
      const id = newKey();
      const path = `/github/${id}/new`;

      const refused = await send(`${path}?status=${status}`, github(id));
      const taken = await send(path, github(id));
      const retry = await send(path, github(id));

      expect([refused.status, taken.status, retry.status]).toEqual([status, 201, 201]);
      expect(retry.headers.get("Idempotent-Replayed")).toBe("true");
      expect(upstream.at(path)).toHaveLength(1);
    },
  );

  test.each(["reset", "cut", "new?after=4000"])(
    "of which nobody knows whether it was taken, %s, is held, and its sender is to send it again",
    async (end) => {
      const id = newKey();
      const path = `/github/${id}/${end}`;

      const first = await send(path, github(id));
      const retry = await send(path, github(id));

      expect(first.status).toBeGreaterThanOrEqual(502);
      expect(retry.status).toBe(503);
      expect(retry.headers.get("Retry-After")).toBe("1");
      expect(await typeOf(retry)).toBe("/problems/outcome-unknown");
      expect(upstream.at(path)).toHaveLength(1);
    },
  );

  test("of which nobody knows is delivered again with the same key where the policy says so", async () => {
    const id = newKey();
    const path = `/resend/${id}/reset`;

    await send(path, github(id));
    await send(path, github(id));

    const keys = upstream.at(path).map(({ fields }) => fields["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test("that takes longer than its sender waits gets 503, and never 409", async () => {
    const id = newKey();
    const path = `/short/${id}/new`;
    const { reply, release } = heldReply(201);
    upstream.next.set(path, [reply]);

    const first = send(path, github(id));
    await eventually(() => upstream.at(path).length === 1);
    const second = await send(path, github(id));

    expect(second.status).toBe(503);
    expect(second.headers.get("Retry-After")).toBe("1");
    expect(await typeOf(second)).toBe("/problems/operation-in-progress");
    release();
    expect((await first).status).toBe(201);
    expect((await send(path, github(id))).status).toBe(201);
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("gets 503 at once while the first delivery is under way, where the policy says so", async () => {
    const id = newKey();
    const path = `/busy/${id}/new`;
    const { reply, release } = heldReply(201);
    upstream.next.set(path, [reply]);

    const first = send(path, github(id));
    await eventually(() => upstream.at(path).length === 1);
    const second = await send(path, github(id));

    expect(second.status).toBe(503);
    expect(await typeOf(second)).toBe("/problems/operation-in-progress");
    release();
    expect((await first).status).toBe(201);
  });

  test("is judged by what the policy states itself", async () => {
    const [gone, failed] = [newKey(), newKey()];
    const path = (id: string, status: number) => `/stated/${id}/new?status=${status}`;

    const final = [await send(path(gone, 410), github(gone)), await send(path(gone, 410), github(gone))];
    const unknown = [
      await send(path(failed, 500), github(failed)),
      await send(path(failed, 500), github(failed)),
    ];

    expect(final.map(({ status }) => status)).toEqual([410, 410]);
    expect(unknown.map(({ status }) => status)).toEqual([500, 503]);
    expect([upstream.at(path(gone, 410)).length, upstream.at(path(failed, 500)).length]).toEqual([1, 1]);
  });

  test("comes to the receiver byte for byte, with its signature", async () => {
    const id = newKey();
    const path = `/github/${id}/new`;
    const delivery = github(id, undefined, '{ "a":\t1.0, "ü": "\\u00fc" }\n');

    await send(path, delivery);

    const received = upstream.at(path)[0]!;
    expect(received.body.toString()).toBe(delivery.body);
    expect(received.fields["x-hub-signature-256"]).toBe(delivery.headers["X-Hub-Signature-256"]);
    expect(received.fields["x-github-delivery"]).toBe(id);
  });
});

describe("what is forged", () => {
  test("is refused, and occupies no key", async () => {
    const id = newKey();
    const path = `/stripe/${id}/new`;
    const forged = stripe(id);
    forged.headers["Stripe-Signature"] = `t=${Math.floor(Date.now() / 1000)},v1=${"0".repeat(64)}`;

    const refused = await send(path, forged);
    const real = await send(path, stripe(id));

    expect(refused.status).toBe(401);
    expect(refused.headers.get("WWW-Authenticate")).toBe("Signature");
    expect(await refused.json()).toMatchObject({ type: "/problems/unauthorized", retryable: false });
    expect(real.status).toBe(201);
    expect(real.headers.get("Idempotent-Replayed")).toBeNull();
    expect(upstream.at(path)).toHaveLength(1);
  });

  test("gets no answer that was given before", async () => {
    const id = newKey();
    const path = `/github/${id}/new`;
    await send(path, github(id));

    const forged = await send(path, github(id, "another secret"));

    expect(forged.status).toBe(401);
    expect(await forged.text()).not.toContain('"number"');
  });

  test("by changing the body of a delivery is refused", async () => {
    const id = newKey();
    const delivery = stripe(id, undefined, `{"id":"${id}","amount":1}`);

    const refused = await send(`/stripe/${id}/new`, { ...delivery, body: delivery.body.replace("1}", "9}") });

    expect(refused.status).toBe(401);
    expect(upstream.at(`/stripe/${id}/new`)).toEqual([]);
  });

  // On a busy machine seconds pass before it arrives.
  test.each([-301, 360])("by a recording, %i s from now, is refused with the reason", async (seconds) => {
    const id = newKey();

    const refused = await send(`/stripe/${id}/new`, stripe(id, Math.floor(Date.now() / 1000) + seconds));

    expect(refused.status).toBe(401);
    expect((await refused.json()) as object).toMatchObject({
      detail: expect.stringContaining("more than 300 seconds"),
    });
  });

  test("is named, and what would be right is not", async () => {
    const id = newKey();
    const { headers, body } = github(id);
    const right = headers["X-Hub-Signature-256"]!;

    const missing = await send(`/github/${id}/new`, { body, headers: { "X-GitHub-Delivery": id } });
    const wrong = await send(`/github/${id}/new`, github(id, "another secret"));

    expect(await missing.json()).toMatchObject({ detail: "The field X-Hub-Signature-256 is missing." });
    expect(await wrong.text()).not.toContain(right.slice(7, 20));
  });
});

describe("a secret", () => {
  test("can be replaced while deliveries come that are signed with either", async () => {
    const [now, before, other] = [newKey(), newKey(), newKey()];

    const answers = [
      await send(`/rotated/${now}/new`, github(now)),
      await send(`/rotated/${before}/new`, github(before, "the one before")),
      await send(`/rotated/${other}/new`, github(other, "another")),
      await send(`/rolled/${before}/new`, github(before, "the one before")),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 401, 201]);
  });

  test("that is not there lets nothing through, and is named in the log alone", async () => {
    const id = newKey();

    const answer = await send(`/absent/${id}/new`, github(id, ""));

    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      type: "/problems/service-unavailable",
      detail: expect.not.stringContaining("ABSENT"),
    });
    expect(upstream.at(`/absent/${id}/new`)).toEqual([]);
    await eventually(() => api.server.logs.some((line) => JSON.stringify(line).includes("ABSENT")));
  });
});

describe("a request without an id", () => {
  test("is refused, and is told where an id is looked for", async () => {
    const answer = await send("/stripe/none/new", stripe("", undefined, '{"object":"event"}'));

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      type: "/problems/idempotency-key-missing",
      detail: "The request has no idempotency key where this route looks for it: json:/id.",
    });
  });

  test("passes if it is Slack's question whether somebody is there, and signed", async () => {
    const path = "/slack/handshake/echo";
    const question = { type: "url_verification", challenge: newKey() };
    const unsigned = slack(question);
    unsigned.headers["X-Slack-Signature"] = "v0=00";

    const answers = [await send(path, slack(question)), await send(path, slack(question))];
    const refused = await send(path, unsigned);

    for (const answer of answers) expect(await answer.json()).toEqual(question);
    expect(refused.status).toBe(401);
    expect(upstream.at(path)).toHaveLength(2);
  });
});
