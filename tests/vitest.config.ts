import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import { NAME, STORE } from "./harness/stores/index.ts";

/** What takes longest begins first, so that nothing is left to wait for alone. */
const LONGEST = ["own-worker", "package", "package-init", "conformance", "chaos", "operators", "docs"];

class LongestFirst extends BaseSequencer {
  async sort(files: TestSpecification[]) {
    const is = (name: string) => (file: TestSpecification) => file.moduleId.endsWith(`/${name}.test.ts`);
    const first = LONGEST.flatMap((name) => files.filter(is(name)));
    return [...first, ...(await super.sort(files)).filter((file) => !first.includes(file))];
  }
}

/** What is run against other stores than D1: operations, what becomes of them when something breaks, and what is sent. */
const OF_STORES = [
  "worker/{arrivals,attack-injection,audit,audit-pages,callers,concurrency,crash,fingerprint}",
  "worker/{late-attempts,panic,resources,stores,transactions}",
  "{chaos/chaos,conformance/conformance}",
  // What is about the one store alone.
  `worker/${NAME}{,-*}`,
];

const files = (names: string[]) => names.map((name) => `tests/${name}.test.ts`);

export default defineConfig({
  test: {
    include:
      NAME === "d1"
        ? files(["{worker,chaos,client,client-kotlin,conformance,dashboard,start}/*"])
        : files(OF_STORES),
    // They are about stores that can crash, which D1 cannot, and about one of them.
    exclude: STORE === undefined ? files(["worker/stores", "worker/mongodb*"]) : [],
    globalSetup: "tests/harness/stores/global.ts",
    // For a machine that is busy with other work, and several times as slow.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each file runs a runtime of its own beside its tests, and waits for it a good part of the time.
    maxWorkers: 4,
    // A file that leaves nothing behind has no need of a process of its own, which would load everything anew.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
