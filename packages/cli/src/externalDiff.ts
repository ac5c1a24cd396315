import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say, usage } from "@isthmus/core";
import type { Difference } from "./render/diff.ts";
import type { Session } from "./session.ts";

/**
 * Has the program of KUBECTL_EXTERNAL_DIFF show what differs, as kubectl does: it gets two folders with a manifest for each object,
 * what it prints goes on, and its exit code is the answer (0 nothing, 1 some, more: it failed). No shell reads the words. Throws USAGE where
 * it cannot be started.
 */
export async function externalDiff(session: Session, program: string, found: readonly Difference[]): Promise<number> {
  const [command = "", ...words] = program.trim().split(/\s+/);
  const [live, merged] = [await mkdtemp(join(tmpdir(), "LIVE-")), await mkdtemp(join(tmpdir(), "MERGED-"))];
  try {
    for (const [index, { action, before, after }] of found.entries()) {
      const { group, kind, namespace, name } = action.ref;
      const parts = [action.cluster, group, kind, namespace, name].filter((part) => part !== undefined && part !== "");
      const file = shortened(parts.join("."), index);
      // As kubectl: what is not there is an empty file.
      await writeFile(join(live, file), before, { flag: "wx" });
      await writeFile(join(merged, file), after, { flag: "wx" });
    }
    const child = spawn(command, [...words, live, merged], {
      stdio: ["ignore", "pipe", "pipe"],
      signal: session.signal,
    });
    child.stdout.on("data", (chunk: Buffer) => session.io.stdout.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => session.io.stderr.write(chunk));
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? 2;
  } catch (error) {
    if (session.signal.aborted) throw session.signal.reason;
    const message = say`${{ program: command }} of KUBECTL_EXTERNAL_DIFF cannot be started: ${{ why: (error as Error).message }}`;
    throw usage(message, "unset it, or name a program that is there");
  } finally {
    await Promise.all([live, merged].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

/** Bytes of a file's name, on any file system. */
const longestName = 255;

/** Names of objects alone may have 253 characters. */
function shortened(name: string, index: number): string {
  return Buffer.byteLength(name) <= longestName ? name : `${name.slice(0, 200)}.${index}`;
}
