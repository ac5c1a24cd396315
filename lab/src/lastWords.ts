import { readFile } from "node:fs/promises";
import { logPath } from "./layout.ts";
import { runningPid } from "./processes.ts";

/** Why waiting for a process is in vain: it has ended, and this is what it said last. */
export async function lastWords(home: string, name: string): Promise<string | undefined> {
  if ((await runningPid(home, name)) !== undefined) return undefined;
  const log = await readFile(logPath(home, name), "utf8").catch(() => "");
  const lines = log.trimEnd().split("\n").slice(-3);
  return `${name} has ended, see ${logPath(home, name)}\n${lines.map((line) => `  ${line.slice(0, 400)}`).join("\n")}`;
}
