import type { Io, Output } from "./io.ts";
import { createStyle, type Style } from "./render/style.ts";
import { terminalText } from "./render/terminalText.ts";

/** One of the two streams as a person reads it. */
export interface Terminal {
  readonly style: Style;
  write(text: string): void;
}

export function openTerminal(output: Output, io: Io, options: { readonly color: boolean }): Terminal {
  const colored = isColored(output, io, options);
  const traits = { colored, ascii: isAscii(io) };
  return {
    style: createStyle(colored, output.columns),
    write: (text) => void output.write(terminalText(text, traits)),
  };
}

// https://no-color.org: any value that is not empty; https://force-color.org
function isColored(output: Output, { env }: Io, options: { readonly color: boolean }): boolean {
  if (!options.color || (env.NO_COLOR ?? "") !== "") return false;
  const force = env.FORCE_COLOR ?? "";
  if (force !== "") return force !== "0" && force !== "false";
  return output.isTTY === true && env.TERM !== "dumb";
}

/** Whether the locale says that there are no other signs; where it says nothing, terminals of today have them. */
function isAscii({ env }: Io): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale !== undefined && !/utf-?8/i.test(locale);
}
