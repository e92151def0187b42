// Records that were damaged where they are stored: each is told of clearly, and none lets an operation happen a second
// time.

import { describe, expect, test } from "vitest";
import { eventually, newKey, serve } from "../harness/client.ts";
import { objectName, overwrite } from "../harness/objects.ts";

/** Without copies of answers, which would be given in a damaged record's place. */
const api = serve({ REPLAY_COPIES: "off" });

const copying = serve();

const SPOILED: [string, (stored: string) => string][] = [
  ["is of the version before, with a digest", (stored) => stored.replace('"version":2', '"version":1')],
  ["is of a version that never was", (stored) => stored.replace('"version":2', '"version":0')],
  ["is empty", () => ""],
  ["is something else", () => "\u0000 nonsense \n"],
  ["was cut in its head", (stored) => stored.slice(0, 100)],
  ["was cut in its answer", (stored) => stored.slice(0, -1)],
  ["has lost its answer", (stored) => stored.slice(0, stored.indexOf("\n") + 1)],
  ["has something behind it", (stored) => `${stored} `],
  ["is there twice", (stored) => stored + stored],
  ["has another answer", (stored) => stored.replace('"Lathe"', '"Press"')],
  ["has an expiry that has passed", (stored) => stored.replace(/(?<="expires_at":)1/, "0")],
  ["has an expiry that has passed, in a number", (stored) => stored.replace(/(?<="expires_at":)\d+/, "1")],
  ["has another operation's id", (stored) => stored.replace(/(?<="operation_id":").{8}/, "00000000")],
  ["has another fingerprint", (stored) => stored.replace(/(?<="fingerprint":").{8}/, "00000000")],
  ["has failed", (stored) => stored.replace(/(?<="status":)\{.*\}(?=\}\}\n)/s, '{"name":"FAILED"}')],
  ["has no record", (stored) => stored.replace(/(?<="record":).*(?=\}\n)/, "null")],
  ["has no digest", (stored) => stored.replace(/"digest":"[^"]*",/, "")],
  ["has an empty digest", (stored) => stored.replace(/(?<="digest":")[^"]*/, "")],
];

describe("a stored record", () => {
  const keys = SPOILED.map(() => newKey());
  const sound = newKey();

  test("is damaged, in as many ways as there are here", async () => {
    for (const key of [...keys, sound]) expect((await api.create(key)).status).toBe(201);

    await api.server.restart(() => {
      SPOILED.forEach(([, spoil], at) =>
        overwrite(api.server, objectName(keys[at]!), (stored) => {
          const spoiled = spoil(stored);
          if (spoiled === stored) throw new Error(`not spoiled: ${stored}`);
          return spoiled;
        }),
      );
    });

    expect((await api.create(sound)).headers.get("Idempotent-Replayed")).toBe("true");
  });

  test.each(SPOILED.map(([how], at) => [how, keys[at]!]))(
    "that %s gives 500, and nothing is done again",
    async (_, key) => {
      const answers = [
        await api.create(key),
        await api.create(key, { payload: { name: "another" } }),
        await api.create(key, { wait: 1 }),
        await api.status(key),
      ];

      for (const answer of answers) {
        expect(answer.status).toBe(500);
        expect(answer.json).toMatchObject({ type: "/problems/internal-error", retryable: false });
        expect(answer.text).not.toMatch(/version|digest|head|column/);
      }
      const [line] = await api.logged({ idempotency_key: key, message: "Service needs attention" });
      expect(line!.reason).toMatch(/^the stored record/);
      expect(await api.rows(key)).toHaveLength(1);
    },
  );
});

test("a damaged record's answer is given from its copy in KV", async () => {
  const key = newKey();
  const first = await copying.create(key);
  await eventually(async () => (await (await copying.server.kv()).list()).keys.length === 1);
  await copying.server.restart(() => overwrite(copying.server, objectName(key), () => "spoiled"));

  const again = await copying.create(key);

  expect(again.status).toBe(201);
  expect(again.text).toBe(first.text);
  expect(again.headers.get("Idempotent-Replayed")).toBe("true");
  expect(await copying.rows(key)).toHaveLength(1);
});
