import { defineConfig } from "vitest/config";

/** The lab is one shared mesh: its files run one after the other, and no test is tried a second time. */
export default defineConfig({
  test: {
    include: ["lab/test/**/*.lab.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
});
