import { spawn } from "node:child_process";
import { MeshError, say } from "@isthmus/core";
import type { ExecPlugin } from "../clusterAccess.ts";
import { withoutSecrets } from "./withoutSecrets.ts";

/** A plugin that waits for a browser login gets this long, in milliseconds. */
const timeLimit = 60_000;

/** Characters. A credential has some kilobytes. */
const longestOutput = 1024 * 1024;

/**
 * Runs a credential plugin and returns what it printed. Its standard input is closed: we never hand it our terminal.
 * Throws CLUSTER_UNAUTHORIZED with the first line of its standard error.
 */
export async function runPlugin(
  cluster: string,
  plugin: ExecPlugin,
  info: string,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const refused = (why: string, hint: string, cause?: unknown) =>
    new MeshError(
      {
        code: "CLUSTER_UNAUTHORIZED",
        at: { cluster },
        message: say`cluster ${{ cluster }}: the credential plugin ${{ command: plugin.command }} ${why}`,
        hint,
      },
      { cause },
    );
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...Object.fromEntries(plugin.env.map(({ name, value }) => [name, value])) };
    const child = spawn(plugin.command, plugin.args, {
      env: { ...env, KUBERNETES_EXEC_INFO: info },
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (output.length > longestOutput) stop(refused("printed more than 1 MB", "Run it by hand."));
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      // Only its first line is told.
      if (errors.length < longestOutput) errors += chunk;
    });
    const timer = setTimeout(
      () => stop(refused(`gave no answer in ${timeLimit / 1000} s`, "Run it by hand.")),
      timeLimit,
    );
    const onAbort = () => stop(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    function settle(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
    function stop(reason: unknown): void {
      settle();
      child.kill("SIGKILL");
      // A grandchild may hold the pipes open: nobody reads them any more.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(reason);
    }
    child.on("error", (cause: NodeJS.ErrnoException) => {
      settle();
      const missing = cause.code === "ENOENT";
      const hint = plugin.installHint ?? (missing ? `Install ${plugin.command} and put it in PATH.` : "");
      reject(refused(missing ? "is not installed" : `cannot be started (${cause.code})`, hint.trim(), cause));
    });
    child.on("close", (code, killedBy) => {
      settle();
      if (code === 0) return resolve(output);
      const line = withoutSecrets(errors.trim().split("\n", 1)[0] ?? "");
      const ended = killedBy === null ? `ended with code ${code}` : `was ended by ${killedBy}`;
      reject(refused(line === "" ? ended : `${ended}: ${line}`, "Log in again, or run the plugin by hand."));
    });
  });
}
