// `npm start` on a fresh clone: sets up, builds the program and runs its demo in the git-ignored folder demo/, made anew each time.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run(join(root, "scripts/setup.mjs"));
run(join(root, "scripts/build.mjs"));
rmSync(join(root, "demo"), { recursive: true, force: true });
run(join(root, "packages/cli/dist/isthmus.js"), "demo", "--dir", "demo");
console.log(`   In this clone: alias isthmus="node ${join(root, "packages/cli/dist/isthmus.js")}"\n`);
