// A gateway in front of another API: where it sends requests, and with which key.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bench } from "../bench.ts";
import { type Case, check, equal, hasStatus, times } from "../case.ts";
import { sendBytes } from "../wire.ts";
import { bug } from "./sources.ts";

export const BEHIND_GATEWAY: Case[] = [
  {
    id: "gateway-allow-list",
    title: "A gateway calls none but the hosts it is told to",
    source: bug("in gateways"),
    shows: [96],
    needs: ["gateway"],
    run: async (bench) => {
      let called = 0;
      const trap = createServer((_, response) => void (called++, response.end("caught")));
      trap.listen(0, "127.0.0.1");
      await once(trap, "listening");
      const host = `127.0.0.1:${(trap.address() as AddressInfo).port}`;
      try {
        for (const [target, ...lines] of leading(host))
          for (const method of ["GET", "POST"])
            await sendBytes(bench.target.url, request(bench, `${method} ${target}`, lines));
      } finally {
        trap.close();
      }
      equal(called, 0, "requests that another host got");
      check((await bench.request(bench.profile.ready)).status < 300, "it does not serve any more");
    },
  },
  {
    id: "gateway-derived-key",
    title: "A gateway sends one key upstream, equal on every attempt",
    source: bug("in gateways"),
    shows: [97],
    needs: ["gateway", "callers"],
    run: async (bench) => {
      const { asked, keyMember, busy } = bench.profile.gateway!;
      const keysOf = async (caller = bench.caller({})) => {
        const { json } = await bench.request(asked.replace("$TAG", bench.tag), { caller });
        return (json as Record<string, unknown>[]).map((one) => one[keyMember]);
      };
      const key = bench.key();
      for (const _ of times(2, () => 0))
        hasStatus(await bench.post(key, { fault: busy }), [425, 429], "the API's refusal");
      const first = await bench.first(key);
      bench.replays(await bench.post(key), first);
      const [sent, ...others] = await keysOf();
      equal(others.length, 2, "attempts after the first");
      for (const other of others) equal(other, sent, "the key of a later attempt");
      check(typeof sent === "string" && sent !== "" && !sent.includes(key), `the API got the key ${sent}`);

      const caller = bench.profile.callers!.second;
      await bench.first(key, { caller });
      check((await keysOf(caller))[0] !== sent, "another caller's request came with the same key");
    },
  },
];

/** Request targets and fields that name another host. */
function leading(host: string): string[][] {
  const paths = [
    `//${host}/orders`,
    `/\\${host}/orders`,
    `/@${host}/orders`,
    `/orders/..//${host}`,
    `/%2f${host}/orders`,
  ];
  return [
    ...paths.map((path) => [path]),
    [`http://${host}/orders`],
    [
      "/orders",
      `X-Forwarded-Host: ${host}`,
      `Forwarded: host=${host}`,
      `X-Original-URL: http://${host}/orders`,
    ],
    [`/orders?url=http://${host}/&host=${host}`],
    ["/orders", `Host: ${host}`],
  ];
}

function request(bench: Bench, line: string, lines: string[]): Buffer {
  const payload = bench.payload();
  const host = lines.some((line) => line.startsWith("Host:")) ? [] : [`Host: ${bench.target.url.host}`];
  const fields = [...bench.caller({}), bench.keyField(bench.key())].map(
    ([name, value]) => `${name}: ${value}`,
  );
  const framing = [
    "Content-Type: application/json",
    `Content-Length: ${payload.length}`,
    "Connection: close",
  ];
  return Buffer.from(
    [`${line} HTTP/1.1`, ...host, ...lines, ...fields, ...framing, "", payload].join("\r\n"),
  );
}
