import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/{worker,chaos,conformance,dashboard}/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file runs a runtime of its own beside its tests.
    maxWorkers: 2,
  },
});
