import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MeshError, say } from "@isthmus/core";
import { orAborted } from "@isthmus/kube";
import type { CallOptions } from "./target/target.ts";

/** Milliseconds. */
const patience = 10_000;
const betweenTries = 50;

/**
 * Has work done that reads files of a folder and writes one of them, while no other isthmus does. A lock that a crashed process
 * of this host left is taken over. Throws WRITE_FAILED where another one does not end, what the file system throws, and the
 * signal's reason.
 */
export async function withFolderLock<T>(
  folder: string,
  work: () => Promise<T>,
  { signal }: CallOptions = {},
): Promise<T> {
  const file = join(folder, ".isthmus.lock");
  const mark = `${process.pid} ${hostname()} ${randomUUID()}`;
  await acquire(file, mark, signal);
  try {
    return await work();
  } finally {
    await removeIfStill(file, mark);
  }
}

async function acquire(file: string, mark: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await create(file, mark))) {
    const holder = await readFile(file, "utf8").catch(() => undefined);
    if (holder !== undefined && (await isLeft(file, holder)) && (await takeAway(file, holder))) continue;
    if (performance.now() > deadline) {
      const [process = "", host = ""] = (holder ?? "").split(" ");
      throw new MeshError({
        code: "WRITE_FAILED",
        at: { file },
        message: say`another isthmus writes here (process ${process === "" ? "unknown" : process}${host === "" ? "" : ` on ${host}`})`,
        hint: `wait for it; if there is none, delete ${file}*`,
      });
    }
    await orAborted(delay(betweenTries), signal);
  }
}

/**
 * Deletes a lock that was left. One process at a time does so, and looks again first: of two that found the same lock the slower
 * one would delete what the faster one has put there since. False where another one is at it.
 */
async function takeAway(file: string, holder: string): Promise<boolean> {
  const guard = `${file}.left`;
  if (!(await create(guard, holder))) return false;
  try {
    // An empty lock of another process reads the same; only its age tells.
    if (!(await isLeft(file, holder))) return false;
    await removeIfStill(file, holder);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function removeIfStill(file: string, holder: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => undefined)) === holder) await rm(file, { force: true });
}

/** Whether the lock is ours now. */
async function create(file: string, mark: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    try {
      await handle.writeFile(mark);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether nobody holds a lock any longer. What says no holder is being written, unless it has been so for long. */
async function isLeft(file: string, holder: string): Promise<boolean> {
  const [pid = "", host = hostname()] = holder.split(" ");
  if (!/^\d+$/.test(pid)) {
    const written = await stat(file).catch(() => undefined);
    return written !== undefined && Date.now() - written.mtimeMs > patience;
  }
  return host === hostname() && !isRunning(Number(pid));
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
