import { randomUUID } from "node:crypto";
import { open, readFile, readlink, rm, stat } from "node:fs/promises";
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
  const mark = `${process.pid} ${await place()} ${randomUUID()}`;
  await acquire(file, mark, signal);
  try {
    return await work();
  } finally {
    await removeIfStill(file, mark);
  }
}

/** Where a process has its number: a container may have its host's name, but not its numbers. */
async function place(): Promise<string> {
  const space = await readlink("/proc/self/ns/pid").catch(() => "");
  return `${hostname()}${space === "" ? "" : `,${space}`}`;
}

async function acquire(file: string, mark: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await create(file, mark))) {
    const holder = await readFile(file, "utf8").catch(() => undefined);
    if (holder !== undefined && (await isLeft(file, holder)) && (await takeAway(file, { holder, mark }))) continue;
    if (performance.now() > deadline) {
      const [process = "", host = ""] = (holder ?? "").split(" ");
      throw new MeshError({
        code: "WRITE_FAILED",
        at: { file },
        message: say`another isthmus writes here (process ${process === "" ? "unknown" : process}${host === "" ? "" : ` on ${host.replace(/,.*$/, "")}`})`,
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
async function takeAway(
  file: string,
  { holder, mark }: { readonly holder: string; readonly mark: string },
): Promise<boolean> {
  const guard = `${file}.left`;
  if (!(await create(guard, mark))) {
    // Whoever was at it crashed: the next try is at it again.
    const other = await readFile(guard, "utf8").catch(() => undefined);
    if (other !== undefined && (await isLeft(guard, other))) await removeIfStill(guard, other);
    return false;
  }
  try {
    // An empty lock of another process reads the same; only its age tells.
    if (!(await isLeft(file, holder))) return false;
    await removeIfStill(file, holder);
    return true;
  } finally {
    await removeIfStill(guard, mark);
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
    // Who was stopped between the two for so long that the empty file was taken for left has not got it.
    return (await readFile(file, "utf8").catch(() => undefined)) === mark;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whether nobody holds a lock any longer. What says no holder is being written, unless it has been so for long. */
async function isLeft(file: string, holder: string): Promise<boolean> {
  const here = await place();
  const [pid = "", host = here] = holder.split(" ");
  if (!/^\d+$/.test(pid)) {
    const written = await stat(file).catch(() => undefined);
    return written !== undefined && Date.now() - written.mtimeMs > patience;
  }
  // A lock of somebody who does not say where numbers count is judged by its host alone.
  const isHere = host === here || host === hostname();
  return isHere && !isRunning(Number(pid));
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
