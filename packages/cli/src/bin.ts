#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { exitCodes } from "./exit.ts";
import type { Io } from "./io.ts";
import { run } from "./run.ts";

const interrupt = new AbortController();
const stops = ["SIGINT", "SIGTERM"];
for (const name of stops) {
  process.on(name, () => {
    interrupt.abort();
    // The second time, whichever it is, nobody wants to wait for what is under way: as if we had never listened. Not by
    // process.exit(), which waits for a read that is under way, of a pipe that nobody writes.
    for (const each of stops) process.removeAllListeners(each);
  });
}

let isCut = false;
// The reader has gone (`isthmus apply | head`). Nobody hears what is still said, but what was begun is finished.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return;
    // Such as a full disk: what was begun is finished, and the exit code tells.
    if (!isCut && stream === process.stdout)
      process.stderr.write(`isthmus: stdout cannot be written: ${error.message}\n`);
    isCut = true;
  });
}

// Keys and passphrases pass through our memory. Of a process that crashes, Linux keeps a core file; ours, and those of the
// programs that we start, hold no memory. man 5 core
try {
  writeFileSync("/proc/self/coredump_filter", "0");
} catch {
  // Not Linux.
}

const env = { ...process.env };
// Programs that we start (credential plugins, signers) inherit the environment, and have no business with it.
delete process.env.ISTHMUS_CA_PASSPHRASE;

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env,
  cwd: process.cwd(),
  signal: interrupt.signal,
};
// Not by process.exit(): what is written to a pipe would be lost.
void run(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
  process.on("exit", () => {
    if (isCut && process.exitCode === exitCodes.ok) process.exitCode = exitCodes.failed;
  });
});
