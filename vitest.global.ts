import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "isthmus-tests-";

/**
 * Gives all tests, and the programs that they start, a folder of their own for temporary files, and fails the run where one of them is left in
 * it. The folder goes with the run, also where a signal ends that; one of a run that was killed goes with the next run.
 */
export function setup(): () => void {
  const outside = tmpdir();
  for (const name of readdirSync(outside)) if (isAbandoned(name)) remove(join(outside, name));
  const folder = mkdtempSync(join(outside, `${prefix}${process.pid}-`));
  process.env.TMPDIR = folder;
  process.on("exit", () => remove(folder));
  return () => {
    const left = readdirSync(folder).filter((name) => !isOfTools(name));
    remove(folder);
    // An error here is told, and does not count as a failure by itself.
    if (left.length === 0) return;
    process.exitCode = 1;
    throw new Error(`tests left temporary files: ${left.join(", ")}`);
  };
}

function isAbandoned(name: string): boolean {
  const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
  if (Number.isNaN(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Of tsx, Node's compile cache and npm, which keep theirs; and the program that is built once for a run. */
function isOfTools(name: string): boolean {
  return /^(tsx-|node-compile-cache|npm-|isthmus-built$)/.test(name);
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
