import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { provideInotifyInstances } from "./inotifyInstances.ts";

async function limitOf(value: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-inotify-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "max_user_instances");
  await writeFile(file, `${value}\n`);
  return file;
}

test.each([
  [128, 1024],
  [1024, 1024],
  [8192, 8192],
])("a limit of %i becomes %i", async (before, after) => {
  const file = await limitOf(before);

  await provideInotifyInstances(file, async () => 127);

  expect(Number(await readFile(file, "utf8"))).toBe(after);
});

test.runIf(process.platform === "linux")(
  "where the limit is not ours to raise, a lab starts if enough is left, and else says what to do",
  async () => {
    // A number below the limit that the kernel lets nobody write.
    const readOnly = "/proc/sys/kernel/cap_last_cap";
    const allowed = Number(await readFile(readOnly, "utf8"));

    await expect(provideInotifyInstances(readOnly, async () => allowed - 40)).resolves.toBeUndefined();
    await expect(provideInotifyInstances(readOnly, async () => allowed - 39)).rejects.toThrow(
      "sysctl fs.inotify.max_user_instances=1024",
    );
  },
);
