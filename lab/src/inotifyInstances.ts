import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "./labError.ts";

const limitFile = "/proc/sys/fs/inotify/max_user_instances";
/** Linux grants 128 to a user; a lab of two clusters takes 20 to 30, and where none is left istiod or an agent ends. */
const enough = 1024;
const neededByOneLab = 40;

/**
 * Sees to it that the lab's programs may watch files: raises the kernel's limit where it may be written. Throws a LabError
 * where it may not, and what other labs have left is too little.
 */
export async function provideInotifyInstances(
  limit: string = limitFile,
  inUse: () => Promise<number> = countInstances,
): Promise<void> {
  const allowed = Number(await readFile(limit, "utf8"));
  if (allowed >= enough) return;
  try {
    await writeFile(limit, `${enough}\n`);
  } catch {
    const used = await inUse();
    if (allowed - used >= neededByOneLab) return;
    throw new LabError(
      `${used} of ${allowed} inotify instances are in use, and a lab needs ${neededByOneLab}: take another lab down, or on the host run ` +
        `sysctl fs.inotify.max_user_instances=${enough}`,
    );
  }
}

/** Of all users: nearly all are root's. */
async function countInstances(): Promise<number> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const counts = await Promise.all(
    processes.map(async (pid) => {
      const folder = join("/proc", pid, "fd");
      const descriptors = await readdir(folder).catch(() => []);
      const targets = await Promise.all(descriptors.map((name) => readlink(join(folder, name)).catch(() => "")));
      return targets.filter((target) => target === "anon_inode:inotify").length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
