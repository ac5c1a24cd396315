import { type Complete, RootCommand } from "@bomb.sh/tab";
import type { Command, Option } from "commander";
import { exitCodes } from "../exit.ts";
import type { Session } from "../session.ts";
import { bashCompletion } from "./bashCompletion.ts";

/** Prints the script that makes a shell ask `isthmus complete`; through tab, so on the process's own stdout. */
export function completion(shell: string, { print }: Session): number {
  if (shell === "bash") {
    print(bashCompletion);
    return exitCodes.ok;
  }
  new RootCommand().setup("isthmus", "isthmus", shell);
  return exitCodes.ok;
}

/** Where the values of an option come from, by its long name without dashes, and of an argument, by its name. Read when asked, never over the network. */
export type ValueSources = Readonly<Record<string, readonly string[]>>;

/** Answers a shell: what can follow `words`, of which the last is being typed. */
export async function complete(program: Command, words: readonly string[], session: Session): Promise<number> {
  const { completionValues } = await import("./completionValues.ts");
  const root = completionTree(program, await completionValues(session, words));
  const before = words.slice(0, -1).flatMap((word) => optionAndValue(word) ?? [word]);
  root.parse([...before, ...words.slice(-1)]);
  return exitCodes.ok;
}

/** `--context=eu` before the command hides it from tab, which knows `--context eu`. */
function optionAndValue(word: string): readonly string[] | undefined {
  return /^(--[^=]+)=(.*)$/s.exec(word)?.slice(1);
}

function completionTree(program: Command, values: ValueSources): RootCommand {
  const root = new RootCommand();
  for (const { path, command } of commandsBelow(program)) {
    const node = root.command(path, command.description());
    for (const option of [...command.options, ...program.options]) addOption(node, option, values);
    for (const argument of command.registeredArguments) {
      const words = argument.argChoices ?? values[argument.name()] ?? [];
      node.argument(argument.name(), offer(words), argument.variadic);
    }
  }
  for (const option of program.options) addOption(root, option, values);
  return root;
}

/** `plan`, `ca`, `ca issue` … */
function commandsBelow(parent: Command, prefix = ""): readonly { readonly path: string; readonly command: Command }[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .flatMap((command) => {
      const path = `${prefix}${command.name()}`;
      return [{ path, command }, ...commandsBelow(command, `${path} `)];
    });
}

function addOption(node: RootCommand | ReturnType<RootCommand["command"]>, option: Option, values: ValueSources): void {
  const name = option.long?.replace(/^--/, "");
  if (name === undefined) return;
  const alias = option.short?.replace(/^-/, "");
  if (option.required) {
    node.option(name, option.description, offer(option.argChoices ?? values[name] ?? []), alias);
  } else if (alias === undefined) {
    node.option(name, option.description);
  } else {
    node.option(name, option.description, alias);
  }
}

function offer(words: readonly string[]) {
  return (add: Complete) => {
    for (const word of words) add(word, "");
  };
}
