import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MeshError } from "@isthmus/core";
import { orAborted } from "@isthmus/kube";
import type { CallOptions } from "./target/target.ts";

/** Milliseconds. */
const patience = 10_000;
const betweenTries = 50;

/**
 * Has work done that reads files of a folder and writes one of them, while no other isthmus does. A lock that a crashed process
 * left is taken over. Throws WRITE_FAILED where another one does not end, what the file system throws, and the signal's reason.
 */
export async function withFolderLock<T>(
  folder: string,
  work: () => Promise<T>,
  { signal }: CallOptions = {},
): Promise<T> {
  const file = join(folder, ".isthmus.lock");
  await acquire(file, signal);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await create(file))) {
    const holder = await readFile(file, "utf8").catch(() => "");
    if (holder !== "" && !isRunning(Number(holder))) {
      await rm(file, { force: true });
    } else if (performance.now() > deadline) {
      throw new MeshError({
        code: "WRITE_FAILED",
        at: { file },
        message: `another isthmus writes here (process ${holder === "" ? "unknown" : holder})`,
        hint: `wait for it; if there is none, delete ${file}`,
      });
    } else await orAborted(delay(betweenTries), signal);
  }
}

/** Whether the lock is ours now. */
async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
