import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { waitFor } from "../src/index.ts";

export interface Typed {
  readonly code: number;
  /** What the terminal showed since, without colours and the like. */
  readonly shown: string;
}

/** A shell in a pseudo terminal of 100 columns, and a person's keys. */
export interface Terminal extends Disposable {
  type(keys: string): void;
  /** Waits until this is shown, after what was waited for before. */
  until(what: RegExp): Promise<string>;
  /** Types a command and waits for its end; what it asks on the way is answered by keys. */
  run(command: string, answers?: readonly (readonly [RegExp, string])[]): Promise<Typed>;
}

const prompt = /\[(\d+)\]ready> $/;

/** Bash without anybody's settings. By Python's pty: of what every machine with a lab has, the one that takes keys from a pipe. */
export async function openTerminal(cwd: string, env: Readonly<Record<string, string>>): Promise<Terminal> {
  const program = "import pty; pty.spawn(['bash', '--noprofile', '--norc', '-i'])";
  const shell = spawn("python3", ["-c", program], {
    cwd,
    env: { ...process.env, ...env, TERM: "xterm-256color", PS1: "" },
  });
  let shown = "";
  let seen = 0;
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
  }
  const terminal: Terminal = {
    type: (keys) => void shell.stdin.write(keys),
    until: async (what) => {
      const find = async () => what.exec(stripVTControlCharacters(shown.slice(seen)))?.[0];
      const found = await waitFor(`${what} on the terminal`, find, { seconds: 60 }).catch((cause: unknown) => {
        throw new Error(`the terminal shows no ${what}:\n${shown.slice(seen)}`, { cause });
      });
      seen = shown.length;
      return found;
    },
    run: async (command, answers = []) => {
      const begin = shown.length;
      terminal.type(`${command}\r`);
      for (const [question, keys] of answers) {
        await terminal.until(question);
        terminal.type(keys);
      }
      const code = prompt.exec(await terminal.until(prompt))?.[1];
      return { code: Number(code), shown: stripVTControlCharacters(shown.slice(begin)) };
    },
    [Symbol.dispose]: () => void shell.kill("SIGKILL"),
  };
  terminal.type("stty rows 40 cols 100; PS1='[$?]ready> '\r");
  await terminal.until(prompt);
  return terminal;
}
