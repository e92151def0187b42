// The gateway in front of a receiver of webhooks, with a route for each sender, and the senders' signatures.

import { createHmac } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { GATEWAY, type Server, startServer } from "./server.ts";
import { Upstream } from "./upstream.ts";

/** Those of the senders' own examples, where there are some. */
export const SECRETS = {
  STRIPE: "whsec_test_secret",
  GITHUB: "It's a Secret to Everybody",
  GITHUB_BEFORE: "the one before",
  SHOPIFY: "hush",
  SLACK: "8f742231b10e8888abcd99yyyzzz85a5",
  STANDARD: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  TWILIO: "12345",
  ADYEN: "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00",
  GITLAB: "a token",
};

export interface Delivery {
  headers: Record<string, string>;
  body: string;
}

export class Receiver {
  server!: Server;
  readonly upstream = new Upstream();

  send(path: string, { headers, body }: Delivery): Promise<Response> {
    return fetch(new URL(path, this.server.address), { method: "POST", headers, body, redirect: "manual" });
  }
}

/** A receiver of the file's own, which starts and ends with the file. */
export function receiver(): Receiver {
  const receiver = new Receiver();
  beforeAll(async () => {
    const policy = policyFor(await receiver.upstream.start());
    receiver.server = await startServer(SECRETS, { root: GATEWAY, policy });
  });
  afterAll(async () => {
    await receiver.server?.stop();
    receiver.upstream.stop();
  });
  return receiver;
}

function policyFor(url: string) {
  const route = (path: string, webhook: object, more: object = {}) => ({
    match: { path },
    upstream: "receiver",
    webhook,
    ...more,
  });
  const github = { preset: "github", secret: "GITHUB" };
  const twilio = { preset: "twilio", secret: "TWILIO" };
  return {
    upstreams: { receiver: { url, timeout_s: 2 }, patient: { url, timeout_s: 20 } },
    routes: [
      route("/stripe/{*rest}", { preset: "stripe", secret: "STRIPE" }),
      route("/github/{*rest}", github),
      route("/rotated/{*rest}", { preset: "github", secret: "GITHUB", previous_secret: "GITHUB_BEFORE" }),
      route("/rolled/{*rest}", { preset: "github", secret: "ABSENT", previous_secret: "GITHUB_BEFORE" }),
      route("/resend/{*rest}", github, { ambiguous: "resend" }),
      route("/short/{*rest}", github, { upstream: "patient", in_progress: { wait_s: 1 } }),
      route("/busy/{*rest}", github, { upstream: "patient", in_progress: "503" }),
      route("/stated/{*rest}", github, { store: ["2xx", "4xx"], not_executed: [429] }),
      route("/absent/{*rest}", { preset: "github", secret: "ABSENT" }),
      route("/shopify/{*rest}", { preset: "shopify", secret: "SHOPIFY" }),
      route("/slack/{*rest}", { preset: "slack", secret: "SLACK" }),
      route("/standard/{*rest}", { preset: "standard", secret: "STANDARD" }),
      route("/svix/{*rest}", { preset: "svix", secret: "STANDARD" }),
      route("/twilio/{*rest}", twilio),
      route("/myapp.php", { ...twilio, public_url: "https://mycompany.com" }),
      route("/adyen/{*rest}", { preset: "adyen", secret: "ADYEN" }),
      route("/gitlab/{*rest}", { preset: "gitlab", secret: "GITLAB" }),
      route("/sns/{*rest}", { preset: "sns" }),
      route("/paypal/{*rest}", { preset: "paypal" }, { upstream: "patient" }),
    ],
  };
}

export const nowS = () => Math.floor(Date.now() / 1000);

export const hmac = (
  key: string | Buffer,
  content: string,
  to: "hex" | "base64",
  hash: "sha256" | "sha1" = "sha256",
) => createHmac(hash, key).update(content).digest(to);

const JSON_TYPE = { "Content-Type": "application/json" };

export function stripe(id: string, at = nowS(), body = `{"id":"${id}"}`): Delivery {
  const signature = hmac(SECRETS.STRIPE, `${at}.${body}`, "hex");
  return { body, headers: { ...JSON_TYPE, "Stripe-Signature": `t=${at},v1=${signature},v0=${signature}` } };
}

export function github(id: string, secret = SECRETS.GITHUB, body = '{"zen":"x"}'): Delivery {
  const signature = `sha256=${hmac(secret, body, "hex")}`;
  return { body, headers: { ...JSON_TYPE, "X-GitHub-Delivery": id, "X-Hub-Signature-256": signature } };
}

export function shopify(id: string, body = '{"order":7}'): Delivery {
  const signature = hmac(SECRETS.SHOPIFY, body, "base64");
  return { body, headers: { ...JSON_TYPE, "X-Shopify-Event-Id": id, "X-Shopify-Hmac-Sha256": signature } };
}

export function slack(content: object, at = nowS()): Delivery {
  const body = JSON.stringify(content);
  const signature = `v0=${hmac(SECRETS.SLACK, `v0:${at}:${body}`, "hex")}`;
  return {
    body,
    headers: { ...JSON_TYPE, "X-Slack-Request-Timestamp": `${at}`, "X-Slack-Signature": signature },
  };
}

export function standard(id: string, at = nowS(), prefix = "webhook", body = '{"test": 1}'): Delivery {
  const key = Buffer.from(SECRETS.STANDARD.slice("whsec_".length), "base64");
  const signature = hmac(key, `${id}.${at}.${body}`, "base64");
  return {
    body,
    headers: {
      ...JSON_TYPE,
      [`${prefix}-id`]: id,
      [`${prefix}-timestamp`]: `${at}`,
      // Of a secret that is being replaced, there is another signature.
      [`${prefix}-signature`]: `v1,${signature.replace(/./, "-")} v1,${signature}`,
    },
  };
}

export function twilio(url: string, parameters: Record<string, string>): Delivery {
  const sorted = Object.keys(parameters).sort();
  const text = url + sorted.map((name) => name + parameters[name]).join("");
  return {
    body: new URLSearchParams(parameters).toString(),
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-Twilio-Signature": hmac(SECRETS.TWILIO, text, "base64", "sha1"),
    },
  };
}

export function adyen(pspReference: string, eventCode = "CAPTURE", amount = 1000): Delivery {
  const signed = [pspReference, "", "Shop", "order-17", amount, "EUR", eventCode, "true"].join(":");
  const item = {
    pspReference,
    merchantAccountCode: "Shop",
    merchantReference: "order-17",
    amount: { currency: "EUR", value: amount },
    eventCode,
    success: "true",
    additionalData: { hmacSignature: hmac(Buffer.from(SECRETS.ADYEN, "hex"), signed, "base64") },
  };
  const body = JSON.stringify({ live: "false", notificationItems: [{ NotificationRequestItem: item }] });
  return { body, headers: JSON_TYPE };
}

export const gitlab = (id: string, token = SECRETS.GITLAB): Delivery => ({
  body: '{"object_kind":"push"}',
  headers: { ...JSON_TYPE, "Idempotency-Key": id, "X-Gitlab-Token": token },
});

export const sns = (id: string): Delivery => ({
  body: `{"Type":"Notification","MessageId":"${id}"}`,
  headers: { "Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-id": id },
});

export const paypal = (id: string): Delivery => ({ body: `{"id":"${id}"}`, headers: JSON_TYPE });
