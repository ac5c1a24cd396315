import { spawn } from "node:child_process";
import { open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./labError.ts";
import { logPath } from "./layout.ts";
import { asUser, inNamespace } from "./run.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** Everything needed to start a process, and to start it again after it was stopped. */
export interface ProcessSpec {
  readonly name: string;
  readonly argv: readonly string[];
  readonly namespace?: string;
  readonly user?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface ProcessRecord extends ProcessSpec {
  readonly pid: number;
  readonly startTime: string;
}

/**
 * Every process carries its lab and its name in the environment, and so do its children. That is how `down` finds what a crashed
 * lab left behind, and why it never ends a stranger that got a recycled pid.
 */
const labMark = "ISTHMUS_LAB";
const nameMark = "ISTHMUS_LAB_PROCESS";

/** Starts a process that outlives us. One of that name that runs already is left alone. */
export async function startProcess(home: string, spec: ProcessSpec): Promise<void> {
  if ((await runningPid(home, spec.name)) !== undefined) return;
  const command = spec.user === undefined ? [...spec.argv] : asUser(spec.user, spec.argv);
  const [program = "", ...rest] = spec.namespace === undefined ? command : inNamespace(spec.namespace, command);
  const log = await open(logPath(home, spec.name), "a", 0o644);
  try {
    if (spec.user !== undefined) await log.chown(spec.user, spec.user); // Envoy reopens /dev/stdout as its own user
    const child = spawn(program, rest, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: spec.cwd ?? home,
      env: { PATH: process.env.PATH, HOME: spec.cwd ?? home, ...spec.env, [labMark]: home, [nameMark]: spec.name },
    });
    child.unref();
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid ?? 0));
    });
    const record: ProcessRecord = { ...spec, pid, startTime: (await startTimeOf(pid)) ?? "" };
    await writeFileAtomically(recordPath(home, spec.name), JSON.stringify(record, undefined, 1), 0o600);
  } finally {
    await log.close();
  }
}

/** Starts a stopped process as it was started before. */
export async function startAgain(home: string, name: string): Promise<void> {
  const record = await readRecord(home, name);
  if (record === undefined) throw new LabError(`the lab never started a process ${name}`);
  const { pid: _pid, startTime: _startTime, ...spec } = record;
  await startProcess(home, spec);
}

/** Ends a process and its children. Its record stays, for `startAgain`. */
export async function stopProcess(home: string, name: string): Promise<void> {
  await endAll(() => markedProcesses(home, name));
}

/** Ends a process and forgets it. */
export async function removeProcess(home: string, name: string): Promise<void> {
  await stopProcess(home, name);
  await unlink(recordPath(home, name)).catch(() => undefined);
}

export async function signalProcess(home: string, name: string, signal: NodeJS.Signals): Promise<boolean> {
  const pid = await runningPid(home, name);
  if (pid !== undefined) process.kill(pid, signal);
  return pid !== undefined;
}

export async function runningPid(home: string, name: string): Promise<number | undefined> {
  const record = await readRecord(home, name);
  if (record === undefined || record.startTime === "") return undefined;
  return (await startTimeOf(record.pid)) === record.startTime ? record.pid : undefined;
}

/** Ends all processes of a lab, recorded or not. */
export async function endEveryProcess(home: string): Promise<number> {
  return endAll(() => markedProcesses(home));
}

export async function markedProcesses(home: string, name?: string): Promise<number[]> {
  const marks = name === undefined ? [`${labMark}=${home}`] : [`${labMark}=${home}`, `${nameMark}=${name}`];
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      const variables = environment.split("\0");
      return marks.every((mark) => variables.includes(mark));
    }),
  );
  return pids.filter((pid, index) => marked[index] === true && pid !== process.pid);
}

async function endAll(find: () => Promise<number[]>): Promise<number> {
  const ended = new Set<number>();
  for (let round = 0; round < 100; round++) {
    const pids = await find();
    if (pids.length === 0) return ended.size;
    for (const pid of pids) {
      ended.add(pid);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    }
    await sleep(30);
  }
  throw new LabError(`processes that do not end: ${(await find()).join(" ")}`);
}

/** The 22nd field of stat, counted after the program's name, which may hold spaces. A zombie counts as ended. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

function recordPath(home: string, name: string): string {
  return join(home, "processes", `${name}.json`);
}

async function readRecord(home: string, name: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(recordPath(home, name), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessRecord);
}
