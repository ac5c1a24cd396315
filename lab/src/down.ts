import { access, chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "./labError.ts";
import { bridgeName, defaultHome, networkNumbers } from "./layout.ts";
import { findBridges, removeNetwork } from "./network.ts";
import { endEveryProcess, markedProcesses } from "./processes.ts";
import { tryRun } from "./run.ts";
import { readState } from "./state.ts";

const marker = ".isthmus-lab";

/**
 * Removes everything that a lab made, whatever state it is in: all that carries the home's mark is found without the lab's own
 * records. Running it twice, or with nothing up, does no harm.
 */
export async function stopLab(home: string = defaultHome()): Promise<{ readonly processes: number }> {
  const networks = await networksOf(home);
  let processes = await endEveryProcess(home);
  for (const network of networks) await removeNetwork(network);
  processes += await endEveryProcess(home); // one that was being started meanwhile
  if (await isLabHome(home)) await rm(home, { recursive: true, force: true });
  return { processes };
}

export async function isAnythingUp(home: string): Promise<boolean> {
  return (await isLabHome(home)) || (await markedProcesses(home)).length > 0 || (await networksOf(home)).length > 0;
}

/**
 * The folder is removed as a whole by `down`, therefore it must have been empty, or not there, before `up`. The users that proxies
 * and apps run as must be able to enter it; what is secret in it is not readable to them.
 */
export async function claimHome(home: string): Promise<void> {
  await checkParents(home);
  await mkdir(home, { recursive: true, mode: 0o755 });
  if ((await readdir(home)).length > 0)
    throw new LabError(`${home} holds other things; choose an empty folder with LAB_HOME`);
  if ((await stat(home)).uid !== process.getuid?.()) throw new LabError(`${home} belongs to another user`);
  await chmod(home, 0o755);
  await writeFile(join(home, marker), "");
}

async function checkParents(home: string): Promise<void> {
  for (let folder = dirname(home); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode } = (await stat(folder).catch(() => undefined)) ?? { mode: 0o755 };
    if ((mode & 0o001) === 0)
      throw new LabError(
        `other users can't enter ${folder}, but the lab's proxies must: choose another folder with LAB_HOME`,
      );
  }
}

async function isLabHome(home: string): Promise<boolean> {
  return access(join(home, marker)).then(
    () => true,
    () => false,
  );
}

/** The recorded number counts only while no other lab has a bridge of that name. */
async function networksOf(home: string): Promise<number[]> {
  const found = await findBridges(home);
  const recorded = (await readState(home))?.network;
  if (recorded === undefined || found.includes(recorded) || !networkNumbers.includes(recorded)) return found;
  const isTaken = (await tryRun(["ip", "link", "show", bridgeName(recorded)])).exitCode === 0;
  return isTaken ? found : [...found, recorded];
}
