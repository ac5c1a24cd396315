import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*.test.ts",
      "packages/*/src/**/*.test.ts",
      "lab/src/**/*.test.ts",
      "lab/test/trace/*.test.ts",
      "docs/*.test.ts",
    ],
    globalSetup: ["./vitest.global.ts"],
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 60_000,
    // One second, unless set, is less than a machine under load may take.
    expect: { poll: { timeout: 10_000 } },
    // No test changes what another one sees: the files of a worker share its modules, which take longer to load than to test.
    isolate: false,
    maxWorkers: "100%",
  },
});
