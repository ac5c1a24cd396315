import { read } from "node:fs";
import { promisify } from "node:util";
import { MeshError, type Sentence, say, thingPlace } from "@isthmus/core";
import { isInteractive } from "./io.ts";
import type { Session } from "./session.ts";

export interface PassphraseOptions {
  readonly passphraseFd?: number;
}

const variable = "ISTHMUS_CA_PASSPHRASE";
const shortest = 8;

/** Gives the passphrases that key files need: from a file descriptor, the environment, or the terminal. Never shows one. */
export interface Passphrases {
  /** Of an existing key file. Throws CA_PASSPHRASE_MISSING. */
  of(file: string): Promise<string>;
  /** For a new key file; typed twice on a terminal. Throws CA_PASSPHRASE_MISSING, also where it is too short. */
  fresh(file: string): Promise<string>;
}

export function passphrases(session: Session, { passphraseFd }: PassphraseOptions): Passphrases {
  // A descriptor can be read once.
  let given: Promise<string | undefined> | undefined;
  const fromOutside = () => {
    given ??= passphraseFd === undefined ? Promise.resolve(session.io.env[variable]) : firstLine(passphraseFd);
    return given;
  };
  return {
    of: async (file) => (await fromOutside()) ?? ask(session, file, `Passphrase of ${file}`),
    fresh: async (file) => {
      const outside = await fromOutside();
      if (outside !== undefined) return checked(file, outside);
      const typed = checked(file, await ask(session, file, `New passphrase for ${file}`));
      if ((await ask(session, file, "The same again")) === typed) return typed;
      throw missing(file, say`the two passphrases differ`, "Try again.");
    },
  };
}

async function ask(session: Session, file: string, message: string): Promise<string> {
  const { io, signal } = session;
  if (!isInteractive(io)) {
    throw missing(
      file,
      say`the key file needs a passphrase, and there is no terminal to ask on`,
      `Give it with --passphrase-fd, or in the environment as ${variable}.`,
    );
  }
  const prompts = await import("@clack/prompts");
  const answer = await prompts.password({ message, input: io.stdin, output: io.stderr, signal });
  if (prompts.isCancel(answer)) throw missing(file, say`no passphrase was typed`, "");
  return answer;
}

function checked(file: string, passphrase: string): string {
  if (passphrase.length >= shortest) return passphrase;
  throw missing(
    file,
    say`the passphrase is shorter than ${{ shortest }} characters`,
    "Take four random words or more.",
  );
}

async function firstLine(descriptor: number): Promise<string> {
  const chunk = Buffer.alloc(4096);
  let bytes = Buffer.alloc(0);
  try {
    // The descriptor is the caller's: it is not closed, and what follows the line is not waited for.
    while (!bytes.includes("\n") && bytes.length < 64 * 1024) {
      const { bytesRead } = await promisify(read)(descriptor, chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      bytes = Buffer.concat([bytes, chunk.subarray(0, bytesRead)]);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw missing(
      "",
      say`file descriptor ${{ descriptor }} cannot be read (${{ code }})`,
      "Open it: --passphrase-fd 3 3<FILE",
    );
  }
  return bytes.toString("utf8").split(/\r?\n/, 1)[0] ?? "";
}

function missing(at: string, message: Sentence, hint: string): MeshError {
  return new MeshError({ code: "CA_PASSPHRASE_MISSING", at: thingPlace(at), message, hint });
}
