import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a careful native speaker would not write, and what stands in its place. */
const words: readonly (readonly [string, RegExp])[] = [
  [
    "is not a Y, for is no Y",
    /(?<!there )\b(?:is|are|was|were) no (?!longer|more|matter|less|such|one\b|harm|difference|trouble|rules)[a-z]/i,
  ],
  ["what or anyone who, for a bare who", /\b(?:by|for|to|since) who\b/],
  ["fix, for mend", /\bmend(?:s|ed|ing)?\b/i],
  ["pending, for a delay", /\*delay\*|severity: "delay"/],
  ["an ExternalAccess, for an entrance", /\bentrances?\b/i],
  ["inside and outside, for inward and outward", /\b(?:in|out)ward\b/i],
];

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /^(?:packages|docs|README|CONTRIBUTING|CHANGELOG|scripts|bench|lab)/.test(file))
  .filter((file) => file !== "packages/english.test.ts" && !file.includes("__generated__"));

test.each(words)("messages, help, docs and comments say: %s", (_, pattern) => {
  const found = files.flatMap((file) => {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    return lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []));
  });

  expect(files.length).toBeGreaterThan(500);
  expect(found).toEqual([]);
});
