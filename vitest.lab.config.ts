import { defineConfig } from "vitest/config";

/**
 * The lab is one shared mesh: its files run one after the other. Real programs on a busy machine sometimes answer late: a test
 * is tried a second time before it counts as failed.
 */
export default defineConfig({
  test: {
    include: ["lab/test/**/*.lab.test.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
    retry: 1,
  },
});
