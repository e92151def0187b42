// The signatures and ids of each sender of webhooks. Those of its own documents and tests are data here; the ones with a
// time in them are in the Rust tests beside the code, since they are older than a signature may be.

import { describe, expect, test } from "vitest";
import { newKey } from "../harness/client.ts";
import {
  type Delivery,
  adyen,
  github,
  gitlab,
  nowS,
  paypal,
  receiver,
  shopify,
  slack,
  sns,
  standard,
  stripe,
  twilio,
} from "../harness/webhooks.ts";

const api = receiver();
const { upstream } = api;
const send: typeof api.send = (...delivery) => api.send(...delivery);

/** How each sender delivers an event. */
const SENDERS: [name: string, deliver: (id: string, path: string) => Delivery][] = [
  ["stripe", (id) => stripe(id)],
  ["github", (id) => github(id)],
  // Shopify publishes no example with a signature.
  ["shopify", (id) => shopify(id)],
  ["slack", (id) => slack({ type: "event_callback", event_id: id })],
  ["standard", (id) => standard(id)],
  ["svix", (id) => standard(id, nowS(), "svix")],
  [
    "twilio",
    (id, path) => twilio(new URL(path, api.server.address).href, { MessageSid: id, Body: "hé & ho" }),
  ],
  ["adyen", (id) => adyen(id)],
  ["gitlab", (id) => gitlab(id)],
  ["sns", (id) => sns(id)],
  ["paypal", (id) => paypal(id)],
];

/** The same with other codes, which are written as they should be. */
function other(text: string): string {
  const turned = (code: string) => code.slice(1, 20) + code[0] + code.slice(20);
  const changed = text.replaceAll(/[0-9A-Za-z+/]{27,}/g, turned);
  return changed === text && !text.startsWith("{") ? `${text}x` : changed;
}

/** Whose signatures cannot be verified with a secret. */
const BY_CERTIFICATE = ["sns", "paypal"];

describe.each(SENDERS)("%s", (sender, deliver) => {
  test("delivers an event once, and another one too", async () => {
    const [id, other] = [newKey(), newKey()];
    const path = `/${sender}/${id}/new?from=${sender}`;

    const answers = [
      await send(path, deliver(id, path)),
      await send(path, deliver(id, path)),
      await send(path, deliver(other, path)),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const replayed = answers.map(({ headers }) => headers.get("Idempotent-Replayed"));
    expect(replayed).toEqual([null, "true", null]);
    expect(upstream.at(path)).toHaveLength(2);
  });
});

const SIGNED = SENDERS.filter(([sender]) => !BY_CERTIFICATE.includes(sender));

describe.each(SIGNED)("%s", (sender, deliver) => {
  test("is refused without its signature, or with another", async () => {
    const id = newKey();
    const path = `/${sender}/${id}/new`;
    const delivery = deliver(id, path);
    const isSignature = /signature|hmac|token/i;
    const fields = Object.entries(delivery.headers);
    const without = fields.filter(([name]) => !isSignature.test(name));
    const wrong = fields.map(([name, value]) => [name, isSignature.test(name) ? other(value) : value]);

    const answers = [
      await send(path, {
        headers: Object.fromEntries(without),
        body: delivery.body.replace("hmacSignature", "other"),
      }),
      await send(path, { headers: Object.fromEntries(wrong), body: other(delivery.body) }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(upstream.at(path)).toEqual([]);
  });
});

describe("the example of", () => {
  test("GitHub's documents is right", async () => {
    // docs.github.com: "Validating webhook deliveries"
    const headers = {
      "X-GitHub-Delivery": newKey(),
      "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };

    const answers = [
      await send("/github/example/new", { headers, body: "Hello, World!" }),
      await send("/github/example/new", { headers, body: "Hello, World?" }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 401]);
  });

  // github.com/twilio/twilio-python: tests/unit/test_request_validator.py
  test.each([
    [
      "a form",
      "",
      "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ],
    [
      "a form, for an address with its port",
      "",
      "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309",
      "kvajT1Ptam85bY51eRf/AJRuM3w=",
    ],
    [
      "a form with a name twice",
      "",
      "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234",
      "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
    ],
    [
      "JSON",
      "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
      '{"property": "value", "boolean": true}',
      "a9nBmqA0ju/hNViExpshrM61xv4=",
    ],
  ])("Twilio's library is right: %s", async (kind, query, body, signature) => {
    const type = kind === "JSON" ? "application/json" : "application/x-www-form-urlencoded; charset=UTF-8";
    const headers = () => ({
      "Content-Type": type,
      "I-Twilio-Idempotency-Token": newKey(),
      "X-Twilio-Signature": signature,
    });
    const path = `/myapp.php?foo=1&bar=2${query}`;

    const answers = [
      await send(path, { headers: headers(), body }),
      await send(path, { headers: headers(), body: body.replace("1234", "1235").replace("true", "false") }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 401]);
  });

  test("Adyen's library is right", async () => {
    // github.com/Adyen/adyen-node-api-library: src/__tests__/hmacValidator.spec.ts
    const item = {
      pspReference: "pspReference",
      originalReference: "originalReference",
      merchantAccountCode: "merchantAccount",
      merchantReference: "reference",
      amount: { currency: "EUR", value: 1000 },
      eventCode: "CAPTURE",
      success: "true",
      additionalData: { hmacSignature: "xhpHvYq2u2Np0rstbZ6QjLGu7JWhvf7Iwaa6EviJSX0=" },
    };
    const body = JSON.stringify({ notificationItems: [{ NotificationRequestItem: item }] });

    const answers = [
      await send("/adyen/example/new", { headers: {}, body }),
      await send("/adyen/example/new", { headers: {}, body: body.replace("1000", "9000") }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 401]);
    expect(answers[0]!.headers.get("X-Idempotency-Key")).toBe("pspReference:CAPTURE");
  });
});

test("an Adyen payment's events are told apart by their codes", async () => {
  const id = newKey();
  const path = `/adyen/${id}/new`;

  for (const code of ["AUTHORISATION", "CAPTURE", "AUTHORISATION"]) await send(path, adyen(id, code));

  expect(upstream.at(path)).toHaveLength(2);
});

test("a Twilio message's statuses are told apart, and each is delivered once", async () => {
  const id = newKey();
  const path = `/twilio/${id}/new`;
  const status = (MessageStatus: string) =>
    twilio(new URL(path, api.server.address).href, { MessageSid: id, MessageStatus });

  for (const name of ["sent", "delivered", "sent"]) await send(path, status(name));

  expect(upstream.at(path)).toHaveLength(2);
});

test("an SNS message comes as the text that it is", async () => {
  const id = newKey();
  const path = `/sns/${id}/new`;

  await send(path, sns(id));

  const received = upstream.at(path)[0]!;
  expect(received.fields["content-type"]).toBe("text/plain; charset=UTF-8");
  expect(received.body.toString()).toBe(sns(id).body);
});
