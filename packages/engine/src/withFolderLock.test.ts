import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { withFolderLock } from "./withFolderLock.ts";

async function lockedFolder(holder: string): Promise<{ readonly folder: string; readonly lock: string }> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const lock = join(folder, ".isthmus.lock");
  await writeFile(lock, holder);
  return { folder, lock };
}

// No process has it: Linux counts to 4 million.
const ended = 999_999_999;

test("of many that find a lock that was left, one at a time has it", async () => {
  const { folder } = await lockedFolder(`${ended} ${hostname()} mark`);
  let holders = 0;
  const seen: number[] = [];

  await Promise.all(
    Array.from({ length: 20 }, () =>
      withFolderLock(folder, async () => {
        holders += 1;
        seen.push(holders);
        await delay(2);
        holders -= 1;
      }),
    ),
  );

  expect(seen).toEqual(Array.from({ length: 20 }, () => 1));
  expect(await readdir(folder)).toEqual([]);
});

test("a lock that another one has taken meanwhile is left alone", async () => {
  const { folder, lock } = await lockedFolder(`${ended}`);

  await withFolderLock(folder, () => writeFile(lock, "another"));

  expect(await readFile(lock, "utf8")).toBe("another");
});

test("an empty lock is taken over once nobody can be about to write it", async () => {
  const { folder, lock } = await lockedFolder("");
  const long = new Date(Date.now() - 60_000);
  await utimes(lock, long, long);

  expect(await withFolderLock(folder, async () => "done")).toBe("done");
});

test.each([
  ["a process that runs", `${process.pid} ${hostname()} mark`],
  ["a process of another host", `${ended} elsewhere mark`],
  ["a process that is about to say who it is", ""],
])("the lock of %s is waited for", async (_what, holder) => {
  const { folder, lock } = await lockedFolder(holder);
  const stop = new AbortController();
  const waiting = withFolderLock(folder, async () => "done", { signal: stop.signal });

  await delay(120);
  stop.abort();

  await expect(waiting).rejects.toThrow("abort");
  expect(await readFile(lock, "utf8")).toBe(holder);
});
