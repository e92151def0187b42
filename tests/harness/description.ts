// The description of the API, as tests ask about it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "./client.ts";

interface Described {
  headers: Record<string, Reference & { required?: boolean }>;
  content?: Record<string, { schema: any }>;
}

interface Reference {
  $ref?: string;
}

export interface Operation {
  method: string;
  path: string;
  name: string;
  summary: string;
  /** The command in its description, if it can be run as printed. */
  command: string | undefined;
  responses: Record<string, Reference & Described>;
}

export const text = readFileSync(join(import.meta.dirname, "../../assets/openapi.json"), "utf8");

const api = JSON.parse(text);

export const operations: Operation[] = Object.entries<any>(api.paths).flatMap(([path, methods]) =>
  Object.entries<any>(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    name: operation.operationId,
    summary: operation.summary,
    command: /```sh\n([^]*?)\n```/.exec(operation.description)?.[1],
    responses: operation.responses,
  })),
);

export const paths: string[] = Object.keys(api.paths);

/** What the platform and the connection add to an answer. */
const OF_THE_CONNECTION = [
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding",
];

/** All in which `answer` is not what is described: nothing, if the description is true. */
export function deviations(name: string, answer: Answer): string[] {
  const operation = operations.find((operation) => operation.name === name);
  const response = operation?.responses[answer.status];
  if (!response) return [`${name} has no status ${answer.status}`];
  const { headers, content = {} } = resolved<Described>(response);
  const described = Object.keys(headers).map((field) => field.toLowerCase());
  const missing = Object.entries(headers).filter(
    ([field, header]) => resolved(header).required && !answer.headers.has(field),
  );
  const type = answer.headers.get("Content-Type")?.split(";")[0] ?? "";
  return [
    ...[...answer.headers.keys()].filter((field) => ![...described, ...OF_THE_CONNECTION].includes(field)),
    ...missing.map(([field]) => `no ${field}`),
    ...(answer.text === "" || type in content ? [] : [`${type} is no described type`]),
    ...problemDeviations(content[type]?.schema, answer),
  ];
}

function problemDeviations(schema: any, { status, json }: Answer): string[] {
  if (schema?.$ref !== "#/components/schemas/Problem") return [];
  const { type, status: described } = schema.dependentSchemas.type.properties;
  return [
    ...(type.enum.includes(json.type) ? [] : [`${json.type} is no described problem`]),
    ...(json.status === status && described.const === status
      ? []
      : [`${json.status} is no described status`]),
  ];
}

function resolved<T extends object>(part: Reference & T): T {
  if (!part.$ref) return part;
  const path = part.$ref.replace("#/", "").split("/");
  return path.reduce((inside, name) => inside[name], api);
}
