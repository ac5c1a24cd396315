// Installs the dependencies where they are missing or not those of package-lock.json. Plain Node: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function reasonToInstall() {
  // npm writes this file last, so a broken-off installation does not pass.
  const installed = packagesOf("node_modules/.package-lock.json");
  if (installed === undefined) return "node_modules is missing or incomplete";
  const differs = Object.entries(packagesOf("package-lock.json")).find(
    ([path, { version, optional }]) =>
      path.startsWith("node_modules/") && !optional && (!installed[path] || installed[path].version !== version),
  );
  return differs && `${differs[0]} is not what package-lock.json says`;
}

const reason = reasonToInstall();
if (reason !== undefined) {
  console.error(`Setting up: ${reason}, running npm ci …`);
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  process.exitCode = status ?? 1;
}
