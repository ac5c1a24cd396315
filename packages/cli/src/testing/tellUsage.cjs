// Loaded into a program that a test runs: tells at its end, on file descriptor 3, how long it took and what memory it had.
const { readFileSync, writeSync } = require("node:fs");

/** Milliseconds that it was ready to run and had no CPU: other tests of a busy machine are not its fault. man 5 proc, schedstat */
function waited() {
  try {
    return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

process.on("exit", () => {
  const milliseconds = Math.round(process.uptime() * 1000 - waited());
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  writeSync(3, JSON.stringify({ milliseconds, megabytes }));
});
