// How each client is made, compiled and run: commands, in order, in this folder.

import { join } from "node:path";

const DESCRIPTION = "../../assets/openapi.json";
const GENERATED = ".cache/generated";

/** One of them, with what it adds to the environment. */
export interface Step {
  command: string[];
  cwd?: string;
  env?: Record<string, string>;
}

export interface Client {
  /** The folder of its test. */
  name: string;
  steps: Step[];
}

export const clients: Client[] = [
  python("openapi-generator-python", openapiGenerator("python")),
  {
    name: "openapi-generator-go",
    steps: [
      openapiGenerator("go", [
        ["--git-host", "example.com", "--git-user-id", "edge", "--git-repo-id", "idempotency"],
        // Otherwise the client fails on a member that is younger than it.
        ["--additional-properties", "disallowAdditionalPropertiesIfNotPresent=false"],
      ]),
      { command: ["go", "build", "-o", "../.cache/go-client", "."], ...go() },
      { command: [".cache/go-client"] },
    ],
  },
  {
    name: "openapi-generator-java",
    steps: [
      openapiGenerator("java", [
        ["--library", "native"],
        ["--additional-properties", "openApiNullable=false,hideGenerationTimestamp=true"],
      ]),
      shell(
        'javac -nowarn -cp "$JACKSON" -d .cache/java-client openapi-generator-java/*.java ' +
          `$(find ${GENERATED}/openapi-generator-java/src/main -name '*.java')`,
      ),
      shell('java -cp "$JACKSON:.cache/java-client" Main'),
    ],
  },
  python("openapi-python-client", {
    command: [
      ...["openapi-python-client", "generate", "--path", DESCRIPTION, "--fail-on-warning"],
      ...["--output-path", `${GENERATED}/openapi-python-client`],
    ],
  }),
  typescript("openapi-fetch", [
    ...["openapi-typescript", DESCRIPTION, "--output", `${GENERATED}/openapi-fetch.d.ts`],
    // Otherwise a member with a default is required in a request too.
    "--default-non-nullable=false",
  ]),
  typescript("hey-api", [
    ...["openapi-ts", "--input", DESCRIPTION],
    ...["--output", `${GENERATED}/hey-api`, "--no-log-file"],
  ]),
  { name: "postman", steps: [{ command: ["node", "postman/run.ts"] }] },
];

function openapiGenerator(language: string, options: string[][] = []): Step {
  const folder = `${GENERATED}/openapi-generator-${language}`;
  const args = ["generate", "-i", DESCRIPTION, "-g", language, "-o", folder];
  return { command: ["openapi-generator-cli", ...args, ...options.flat()] };
}

function python(name: string, generate: Step): Client {
  const env = { PYTHONPATH: `${GENERATED}/${name}`, MYPYPATH: `${GENERATED}/${name}` };
  const check = ["mypy", "--follow-imports=silent", "--cache-dir", ".cache/mypy", `${name}/client.py`];
  return {
    name,
    steps: [generate, { command: check, env }, { command: ["python", `${name}/client.py`], env }],
  };
}

function typescript(name: string, generate: string[]): Client {
  const bundle = `.cache/${name}.mjs`;
  return {
    name,
    steps: [
      { command: generate },
      { command: ["tsc", "-p", name] },
      {
        command: [
          ...["esbuild", `${name}/client.ts`, "--bundle", "--platform=node", "--format=esm"],
          ...[`--outfile=${bundle}`, "--log-level=warning"],
        ],
      },
      { command: ["node", bundle] },
    ],
  };
}

/** The client needs no module but what was generated, and Go's own. */
function go() {
  const cache = join(import.meta.dirname, ".cache");
  return {
    cwd: "openapi-generator-go",
    env: {
      GOPROXY: "off",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-mod=mod",
      GOCACHE: join(cache, "go-build"),
      GOPATH: join(cache, "go"),
    },
  };
}

function shell(command: string): Step {
  return { command: ["sh", "-c", command] };
}
