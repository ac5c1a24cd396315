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
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 20_000,
  },
});
