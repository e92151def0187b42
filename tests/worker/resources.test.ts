// Resources: what may be said of them, and what is answered.

import { describe, expect, test } from "vitest";
import { newKey, RESOURCES, serve } from "../harness/client.ts";

const api = serve();
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a created resource", () => {
  test("is answered with all it has, and with where it is", async () => {
    const key = newKey();
    const payload = { name: "Lathe", description: "Old", metadata: { shelf: { row: 3 }, tags: ["a", null] } };

    const answer = await api.create(key, { payload });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Location")).toBe(`${RESOURCES}/${answer.json.id}`);
    expect(answer.json).toEqual({
      ...payload,
      id: expect.stringMatching(UUID_V4),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      idempotency_key: key,
    });
  });

  test("has no description and empty metadata if nothing is said of them", async () => {
    const absent = await api.create(newKey(), { payload: { name: "Lathe" } });
    const none = await api.create(newKey(), { payload: { name: "Lathe", description: null } });

    expect(absent.json).toMatchObject({ description: null, metadata: {} });
    expect(none.json).toMatchObject({ description: null, metadata: {} });
  });

  test("keeps the digits of the numbers in its metadata", async () => {
    const metadata = '{"big":9007199254740993,"small":0.10,"far":1e400}';

    const made = await api.create(newKey(), { payload: `{"name":"n","metadata":${metadata}}` });
    const read = await api.call(made.headers.get("Location")!);

    expect(made.text).toContain(`"metadata":${metadata}`);
    expect(read.text).toContain(`"metadata":${metadata}`);
  });

  test("keeps text of any script, quotes and line ends", async () => {
    const name = `Drehbank "Ω" \u{1F980}\n\\ \u0000'; DROP TABLE resources; --`;

    const made = await api.create(newKey(), { payload: { name } });
    const read = await api.call(made.headers.get("Location")!);

    expect(made.json.name).toBe(name);
    expect(read.json.name).toBe(name);
  });
});

describe("a resource that is read", () => {
  test("is the object that was answered when it was made", async () => {
    const made = await api.create(newKey(), { payload: { name: "Lathe", metadata: { a: [1] } } });

    const read = await api.call(made.headers.get("Location")!);

    expect(read.status).toBe(200);
    expect(read.text).toBe(made.text);
  });

  test("is not found if there is none, or if it is another caller's", async () => {
    const made = await api.create(newKey(), { as: "owner" });

    const unknown = await api.call(`${RESOURCES}/${newKey()}`);
    const foreign = await api.call(made.headers.get("Location")!, { as: "somebody" });
    const anonymous = await api.call(made.headers.get("Location")!);

    for (const answer of [unknown, foreign, anonymous]) {
      expect(answer.status).toBe(404);
      expect(answer.json).toEqual({ ...unknown.json, correlation_id: answer.json.correlation_id });
    }
    expect((await api.call(made.headers.get("Location")!, { as: "owner" })).status).toBe(200);
  });
});

describe("a rule of resources", () => {
  test.each([
    ["a name of 1 character", { name: "x" }],
    ["a name of 100 characters, however many bytes", { name: "\u{1F980}".repeat(100) }],
    ["a description of 500 characters", { name: "x", description: "ä".repeat(500) }],
    ["an empty description", { name: "x", description: "" }],
  ])("allows %s", async (_, payload) => {
    const answer = await api.create(newKey(), { payload });

    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject(payload);
  });

  test.each([
    ["no name", {}, "#/name"],
    ["an empty name", { name: "" }, "#/name"],
    ["a name of 101 characters", { name: "x".repeat(101) }, "#/name"],
    ["a name that is a number", { name: 7 }, "#/name"],
    ["a name that is null", { name: null }, "#/name"],
    ["a description of 501 characters", { name: "x", description: "x".repeat(501) }, "#/description"],
    ["a description that is a number", { name: "x", description: 7 }, "#/description"],
    ["metadata that is an array", { name: "x", metadata: [] }, "#/metadata"],
    ["metadata that is text", { name: "x", metadata: "{}" }, "#/metadata"],
  ])("refuses %s and says where", async (_, payload, pointer) => {
    const key = newKey();

    const answer = await api.create(key, { payload });

    expect(answer.status).toBe(422);
    expect(answer.json.type).toBe("/problems/validation-failed");
    expect(answer.json.errors).toEqual([{ pointer, detail: expect.stringMatching(/\w/) }]);
    expect(await api.rows(key)).toHaveLength(0);
  });

  test("is told of together with the others that are broken", async () => {
    const payload = { name: "", description: "x".repeat(501) };

    const answer = await api.create(newKey(), { payload });

    const pointers = answer.json.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers.sort()).toEqual(["#/description", "#/name"]);
  });

  test.each(["[]", '["Lathe","Old",{}]', '"text"', "7", "null", "true"])(
    "refuses %s in the place of an object",
    async (payload) => {
      const key = newKey();

      const answer = await api.create(key, { payload });

      expect(answer.status).toBe(422);
      expect(answer.json.type).toBe("/problems/validation-failed");
      expect(answer.json.errors).toMatchObject([{ pointer: "#" }]);
      expect(await api.rows(key)).toHaveLength(0);
    },
  );
});
