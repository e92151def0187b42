// Postman's import of the description, and a run of what it makes, with the server at $SERVER.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import converter from "openapi-to-postmanv2";
import newman from "newman";
import { check, done, SERVER, TOKEN } from "../check.ts";

const ROOT = join(import.meta.dirname, "../../..");
const KEY = /^("?)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\1$/i;
const PLACEHOLDER = /^(<?string>?)?$/;

for (const parametersResolution of ["Schema", "Example"]) {
  const collection = await imported({ parametersResolution });
  const requests = requestsOf(collection);
  const headers = requests.flatMap(({ header }) => header);
  const keys = headers.filter(({ key }) => /idempotency-key/i.test(key));
  const values = (name: string) => headers.filter(({ key }) => key === name).map(({ value }) => value);
  const as = `with ${parametersResolution.toLowerCase()} values`;

  check(`${as}: the server is one`, collection.variable[0].value === "http://localhost:8000");
  check(`${as}: a request has one key`, keys.length === requests.filter(isKeyed).length);
  check(
    `${as}: it is one`,
    keys.every(({ value }) => KEY.test(value)),
  );
  check(`${as}: no two have one`, new Set(keys.map(({ value }) => value)).size === keys.length);
  check(
    `${as}: nobody waits`,
    values("Prefer").every((value) => PLACEHOLDER.test(value)),
  );
  check(
    `${as}: no request has a name`,
    values("X-Correlation-ID").every((value) => PLACEHOLDER.test(value)),
  );
}

// As docs/clients.md tells people to import it.
const collection = withoutResolutions(
  await imported({ parametersResolution: "Example", enableOptionalParameters: false }),
);
// What a person copies from the answer before: the id of what was made, and its key.
for (const { url } of requestsOf(collection)) {
  for (const variable of url.variable ?? [])
    if (variable.key !== "slug") variable.value = `{{${variable.key}}}`;
}
const copy = `if (pm.response.code === 201) {
  pm.collectionVariables.set("id", pm.response.json().id);
  pm.collectionVariables.set("key", pm.response.headers.get("X-Idempotency-Key"));
}`;
collection.event = [script("test", copy)];
check("every request of the collection succeeds", (await run(collection)).replays === 0);

collection.event.push(script("prerequest", freshKeys()));
const fresh = await run(collection);
check("with fresh keys, none is a replay", fresh.replays === 0);
check("and all have one", fresh.keys.length === 3 && new Set(fresh.keys).size === 3);
const more = await run(collection);
check("nor at the next press", more.replays === 0 && more.keys.every((key) => !fresh.keys.includes(key)));
done();

function imported(options: object): Promise<any> {
  const input = { type: "file", data: join(ROOT, "assets/openapi.json") };
  return new Promise((resolve, reject) => {
    converter.convertV2(input, options, (error: Error | null, { result, reason, output }: any) =>
      result ? resolve(output[0].data) : reject(error ?? new Error(reason)),
    );
  });
}

/** Runs all requests, each of which has to succeed; a plain GET where a WebSocket is opened is refused. */
function run(collection: any): Promise<{ replays: number; keys: string[] }> {
  const values = { baseUrl: SERVER, bearerToken: TOKEN };
  const envVar = Object.entries(values).map(([key, value]) => ({ key, value }));
  return new Promise((resolve, reject) => {
    newman.run({ collection, envVar }, (error: Error | null, { run }: any) => {
      if (error) return reject(error);
      for (const { item, response, requestError } of run.executions) {
        const { method, url } = item.request;
        const wanted = method === "POST" ? 201 : url.getPath() === "/dashboard/live" ? 426 : 200;
        if (response?.code !== wanted) {
          const got = requestError ?? `${response.code} ${response.text()}`;
          return reject(new Error(`${method} ${url.getPath()}: ${got}`));
        }
      }
      const answers = run.executions.map(({ response }: any) => response.headers);
      const keys = answers.map((headers: any) => headers.get("X-Idempotency-Key"));
      const replays = answers.filter((headers: any) => headers.has("Idempotent-Replayed"));
      resolve({ replays: replays.length, keys: keys.filter((key: unknown) => key !== undefined) });
    });
  });
}

/** The script that docs/clients.md gives people. */
function freshKeys(): string {
  const page = readFileSync(join(ROOT, "docs/clients.md"), "utf8");
  return /```js\n([^]*?)```/.exec(page)![1]!;
}

function script(listen: string, exec: string) {
  return { listen, script: { type: "text/javascript", exec: exec.split("\n") } };
}

function requestsOf(folder: any): any[] {
  return folder.item.flatMap((item: any) => (item.item ? requestsOf(item) : [item.request]));
}

function isKeyed({ method, url }: any): boolean {
  return method === "POST" && !isResolution({ url });
}

/** None of these keys can be resolved: their operations may be repeated. */
function isResolution({ url }: any): boolean {
  return url.path.at(-1) === "resolution";
}

function withoutResolutions(folder: any): any {
  const kept = folder.item.filter((item: any) => item.item || !isResolution(item.request));
  return { ...folder, item: kept.map((item: any) => (item.item ? withoutResolutions(item) : item)) };
}
