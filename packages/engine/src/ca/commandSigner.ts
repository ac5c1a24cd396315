import { spawn } from "node:child_process";
import { MeshError, say } from "@isthmus/core";
import type { Signer, SigningRequest, SignOptions } from "@isthmus/pki";
import { withoutKeys } from "./withoutKeys.ts";

export interface CommandSignerOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds. */
  readonly timeLimit: number;
}

/** Environment variable with what is wanted, as JSON: `{version, profile, days, subject, nameLimits}`. */
export const signingRequestVariable = "ISTHMUS_SIGNING_REQUEST";
/** Never handed on to a command. */
export const passphraseVariable = "ISTHMUS_CA_PASSPHRASE";

const largest = 1_000_000;

/**
 * A signer that is a program of the user's: the certificate request comes on its standard input, what is wanted in the
 * environment; it prints the certificate and its issuers. Throws SIGNER_FAILED where it cannot be started, ends with another
 * code than 0 or takes too long, with the first line that it said on standard error.
 */
export function commandSigner({ command, cwd, env, timeLimit }: CommandSignerOptions): Signer {
  const description = `command ${command[0]}`;
  return { description, sign: (request, options) => run(request, options ?? {}) };

  function run(request: SigningRequest, { signal }: SignOptions): Promise<string> {
    signal?.throwIfAborted();
    const { csr, ...wanted } = request;
    const { [passphraseVariable]: _kept, ...environment } = env;
    return new Promise((resolve, reject) => {
      const child = spawn(command[0], command.slice(1), {
        cwd,
        env: { ...environment, [signingRequestVariable]: JSON.stringify({ version: 1, ...wanted }) },
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
      });
      const output = collected(child.stdout);
      const errors = collected(child.stderr);
      // A program that does not read its input is not a failure by itself.
      child.stdin.on("error", () => {}).end(csr);
      const timer = setTimeout(() => stop(failed(request, `gave no answer in ${timeLimit / 1000} s`)), timeLimit);
      const onAbort = () => stop(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      function settle(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      }
      function stop(reason: unknown): void {
        settle();
        child.kill("SIGKILL");
        // A grandchild may hold the pipes open: nobody reads them any more.
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        reject(reason);
      }
      child.on("error", ({ code }: NodeJS.ErrnoException) => {
        settle();
        reject(failed(request, code === "ENOENT" ? "is not there" : `cannot be started (${code})`));
      });
      child.on("close", (code, killedBy) => {
        settle();
        if (code === 0) return resolve(output());
        const line = withoutKeys(errors()).split("\n", 1)[0] ?? "";
        const ended = killedBy === null ? `ended with code ${code}` : `was ended by ${killedBy}`;
        reject(failed(request, line === "" ? ended : `${ended}: ${line}`));
      });
    });
  }

  function failed({ subject }: SigningRequest, why: string): MeshError {
    return new MeshError({
      code: "SIGNER_FAILED",
      at: { thing: subject },
      message: say`${description} ${why}`,
      hint: "Run it by hand with a certificate request on its standard input: docs/guide/ca.md.",
    });
  }
}

/** The first megabyte of a stream. */
function collected(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < largest) text += chunk;
  });
  return () => text;
}
