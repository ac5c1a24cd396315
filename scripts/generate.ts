import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles } from "./generatedFiles.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = generatedFiles();

// Folders of nothing but generated files: what is no longer generated goes.
for (const folder of new Set([...files.keys()].map(dirname))) {
  if (folder.endsWith("__generated__") || folder === "docs/schema")
    rmSync(join(root, folder), { recursive: true, force: true });
}
for (const [path, text] of files) {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(path);
}
