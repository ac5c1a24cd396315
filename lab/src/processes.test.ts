import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test as anyTest, beforeEach, expect } from "vitest";
import { endEveryProcess, markedProcesses, runningPid, startAgain, startProcess, stopProcess } from "./processes.ts";
import { planState, writeState } from "./state.ts";

/** The marks are read from /proc. */
const test = anyTest.skipIf(process.platform !== "linux");

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lab-processes-"));
  const shape = {
    clusters: 1,
    nodes: 1,
    gateway: "none",
    roots: "shared",
    outbound: "ALLOW_ANY",
    certificates: "24h",
    mesh: false,
  } as const;
  await writeState(planState(home, 121, shape));
});

afterEach(async () => {
  await endEveryProcess(home);
  await rm(home, { recursive: true, force: true });
});

const sleeper = { name: "sleeper", argv: ["sleep", "60"] };

test("a process that was stopped starts again as it was", async () => {
  await startProcess(home, sleeper);
  const first = await runningPid(home, "sleeper");
  await stopProcess(home, "sleeper");
  const between = await runningPid(home, "sleeper");
  await startAgain(home, "sleeper");

  expect(first).toBeTypeOf("number");
  expect(between).toBeUndefined();
  expect(await runningPid(home, "sleeper")).not.toBe(first);
});

test("children are ended with their parent, and also when no record is left", async () => {
  await startProcess(home, { name: "parent", argv: ["sh", "-c", "sleep 60 & sleep 60"] });
  await expect.poll(async () => (await markedProcesses(home)).length).toBe(3);
  await rm(join(home, "processes"), { recursive: true });

  await endEveryProcess(home);

  expect(await markedProcesses(home)).toEqual([]);
});

test("processes of another lab are left alone", async () => {
  await startProcess(home, sleeper);

  await endEveryProcess(`${home}-other`);

  expect(await runningPid(home, "sleeper")).toBeTypeOf("number");
});

test("a program that does not exist is an error", async () => {
  await expect(startProcess(home, { name: "none", argv: ["/does/not/exist"] })).rejects.toThrow("ENOENT");
});
