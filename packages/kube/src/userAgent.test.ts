import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { userAgent } from "./userAgent.ts";

test("the user agent carries the package's version", async () => {
  const manifest: { version: string } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

  expect(userAgent).toBe(`isthmus/${manifest.version}`);
});
