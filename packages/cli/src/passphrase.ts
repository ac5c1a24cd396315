import { read } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { MeshError, type Sentence, say, thingPlace, usage } from "@isthmus/core";
import { loadCa } from "@isthmus/engine";
import { isInteractive } from "./io.ts";
import type { Session } from "./session.ts";

export interface PassphraseOptions {
  readonly passphraseFd?: number;
  readonly passphraseFile?: string;
}

const variable = "ISTHMUS_CA_PASSPHRASE";
/** Whoever has the file can try for ever, if slowly: NIST SP 800-63B asks for 15 where a password is all that there is. */
const shortest = 15;
/** Of different characters: `aaaaaaaaaaaaaaaa` is as long as it is weak. */
const fewest = 6;

/** Gives the passphrases that key files need: from a file descriptor, a file, the environment, or the terminal. Never shows one. */
export interface Passphrases {
  /** Of an existing key file. Throws CA_PASSPHRASE_MISSING. */
  of(file: string): Promise<string>;
  /** For a new key file; typed twice on a terminal. Throws CA_PASSPHRASE_MISSING, also where it is too weak. */
  fresh(file: string): Promise<string>;
}

export function passphrases(session: Session, { passphraseFd, passphraseFile }: PassphraseOptions): Passphrases {
  if (passphraseFd !== undefined && passphraseFile !== undefined) {
    throw usage(say`--passphrase-fd and --passphrase-file exclude each other`, "give one");
  }
  // A descriptor can be read once.
  let given: Promise<string | undefined> | undefined;
  const fromOutside = () => {
    if (passphraseFd !== undefined) given ??= firstLine(passphraseFd);
    if (passphraseFile !== undefined) given ??= fileLine(session, passphraseFile);
    given ??= Promise.resolve(fromEnvironment(session));
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
      "Give it with --passphrase-file FILE, or --passphrase-fd 3 3<FILE.",
    );
  }
  const prompts = await import("@clack/prompts");
  const answer = await prompts.password({ message, input: io.stdin, output: io.stderr, signal });
  if (prompts.isCancel(answer)) throw missing(file, say`no passphrase was typed`, "");
  return answer;
}

function checked(file: string, passphrase: string): string {
  const [length, different] = [[...passphrase].length, new Set(passphrase).size];
  if (length >= shortest && different >= fewest) return passphrase;
  const why =
    length < shortest
      ? say`the passphrase is shorter than ${{ shortest }} characters`
      : say`the passphrase has fewer than ${{ fewest }} different characters`;
  throw missing(file, why, "Take four random words or more.");
}

/** Every program of the same user can read it in /proc for as long as the process that started us lives, and children inherit it. */
function fromEnvironment({ io, note, err }: Session): string | undefined {
  const passphrase = io.env[variable];
  if (passphrase === undefined) return undefined;
  const words = `${variable} is deprecated: other programs can read the environment. Use --passphrase-file or --passphrase-fd.`;
  note(err.warning(`warning: ${words}\n`));
  return passphrase;
}

async function fileLine({ ways }: Session, file: string): Promise<string> {
  const { readKeyFile } = await loadCa();
  const text = await readKeyFile({ path: resolve(ways.cwd, file), name: file }).catch((error: unknown) => {
    if (error instanceof MeshError && error.code === "CA_MISSING")
      throw missing(file, say`${{ file }} does not exist`, "");
    throw error;
  });
  return text.split(/\r?\n/, 1)[0] ?? "";
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
