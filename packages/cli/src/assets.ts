import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

// Files of the repository that travel with the program: scripts/build.mjs puts a module with their texts in place of this one.
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** docs/problems.md */
export function readProblemsPage(): Promise<string> {
  return readFile(join(root, "docs/problems.md"), "utf8");
}

/** examples/sleep-httpbin: the texts of its files by path, with `/` between folders. */
export async function readDemoFiles(): Promise<Readonly<Record<string, string>>> {
  const folder = join(root, "examples/sleep-httpbin");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files
    .toSorted()
    .map(async (file) => [relative(folder, file).replaceAll("\\", "/"), await readFile(file, "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}
