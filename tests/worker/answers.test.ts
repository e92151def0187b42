// What an operation answers that cannot be sent: it is mended before it is kept, for the first request as for every retry.

import { describe, expect, test } from "vitest";
import { newKey, serve } from "../harness/client.ts";
import { OPERATIONS } from "../harness/server.ts";

const ANY_ANSWER = "/any-answer";
const OMITTED = { "X-Idempotency-Content": "omitted" };

/** What `any_answer.rs` is to answer with. */
interface Wanted {
  status: number;
  headers: string[][];
  body: string;
}

const wanted = (status: number, headers: string[][], body: string): Wanted => ({ status, headers, body });

const client = serve({}, { root: OPERATIONS });

describe("an answer that cannot be sent", () => {
  const JSON_TYPE = ["Content-Type", "application/json"];
  const LONG = "x".repeat(5000);

  /** What an operation answers with, and the status, the content and the fields of its own that clients get. */
  const ANSWERS: [string, Wanted, [number, string, Record<string, string | null>]][] = [
    ["a 204 with content", wanted(204, [JSON_TYPE], "{}"), [204, "", { ...OMITTED, "Content-Type": null }]],
    ["a 205 with content", wanted(205, [], "x"), [205, "", OMITTED]],
    ["a 304 with content", wanted(304, [], "x"), [304, "", OMITTED]],
    ["status 0", wanted(0, [], "x"), [500, "x", {}]],
    ["status 101", wanted(101, [], ""), [500, "", {}]],
    ["status 199", wanted(199, [], "x"), [500, "x", {}]],
    ["status 600", wanted(600, [JSON_TYPE], "{}"), [500, "{}", { "Content-Type": "application/json" }]],
    ["status 65535", wanted(65_535, [], "x"), [500, "x", {}]],
    [
      "a line break in a value",
      wanted(201, [["X-A", "a\nb"], JSON_TYPE], "{}"),
      [201, "{}", { "X-A": null }],
    ],
    [
      "a field smuggled in",
      wanted(201, [["X-A", "a\r\nX-B: b"]], "x"),
      [201, "x", { "X-A": null, "X-B": null }],
    ],
    ["a NUL in a value", wanted(201, [["X-A", "a\0b"]], "x"), [201, "x", { "X-A": null }]],
    ["a control character in a value", wanted(201, [["X-A", "a\u0001b"]], "x"), [201, "x", { "X-A": null }]],
    [
      "a name of two words",
      wanted(
        201,
        [
          ["X A", "a"],
          ["X-B", "b"],
        ],
        "x",
      ),
      [201, "x", { "X-B": "b" }],
    ],
    [
      "a name with a line break",
      wanted(201, [["X-A\nX-B", "a"]], "x"),
      [201, "x", { "X-A": null, "X-B": null }],
    ],
    ["an empty name", wanted(201, [["", "a"]], "x"), [201, "x", {}]],
    [
      "too many fields",
      wanted(
        201,
        [
          ["X-A", LONG],
          ["X-B", LONG],
          ["X-C", "c"],
        ],
        "x",
      ),
      [201, "x", { "X-A": LONG, "X-B": null, "X-C": "c" }],
    ],
  ];

  test.each(ANSWERS)(
    "%s, is given without what is wrong, the first time and again",
    async (_, made, given) => {
      const [status, text, fields] = given;
      const key = newKey();
      const ask = () =>
        client.call(ANY_ANSWER, { method: "POST", headers: { "X-Idempotency-Key": key }, payload: made });

      const answers = [await ask(), await ask()];
      await client.server.kill();
      answers.push(await ask());

      for (const answer of answers) {
        expect([answer.status, answer.text]).toEqual([status, text]);
        for (const [name, value] of Object.entries(fields)) expect(answer.headers.get(name)).toBe(value);
      }
      const replayed = answers.map(({ headers }) => headers.get("Idempotent-Replayed"));
      expect(replayed).toEqual([null, "true", "true"]);
      const message = "Answer cannot be sent as it was made";
      const [line] = await client.logged({ message, idempotency_key: key });
      expect(line).toMatchObject({ level: "warning", operation: "any_answer", reason: expect.any(String) });
      expect((await client.status(key)).json).toMatchObject({ status: "COMPLETED", attempts: 1 });
    },
  );

  test.each([
    [
      "all kinds of fields",
      wanted(
        201,
        [
          ["Content-Length", "7"],
          ["Transfer-Encoding", "x"],
          ["Connection", "close"],
          ["X-A", "\té"],
        ],
        "x",
      ),
    ],
    ["no content where there may be some", wanted(200, [JSON_TYPE], "")],
    ["no content where there may be none", wanted(204, [], "")],
  ])("is none of those with %s, which are left as they are", async (_, made) => {
    const key = newKey();
    const ask = () =>
      client.call(ANY_ANSWER, { method: "POST", headers: { "X-Idempotency-Key": key }, payload: made });

    const [first, second] = [await ask(), await ask()];

    expect([first.status, first.text]).toEqual([made.status, made.body]);
    expect([second.status, second.text]).toEqual([made.status, made.body]);
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    expect(second.headers.get("X-A")).toBe(first.headers.get("X-A"));
    await client.logged({ message: "Returning cached result", idempotency_key: key });
    expect(
      client.server.logs.filter((line) => line.idempotency_key === key && line.level !== "info"),
    ).toEqual([]);
  });
});
