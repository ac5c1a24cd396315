/** What a terminal can show. */
export interface TerminalTraits {
  readonly colored: boolean;
  readonly ascii: boolean;
}

/**
 * Text as it may go to a person's terminal: whatever stands in it, from API servers, plugins, file names or contexts, neither moves
 * the cursor nor hides a word. Line ends, tabs and the colours that `Style` gives stay; signs become ASCII where nothing else is shown.
 */
export function terminalText(text: string, { colored, ascii }: TerminalTraits): string {
  const shown = text.replaceAll(colored ? unsafeBesideColors : unsafe, escapedCharacter);
  return ascii ? shown.replaceAll(sign, (found) => asciiSigns[found] ?? found) : shown;
}

/** The same for text that programs read: what JSON and YAML let stand as it is, and a terminal obeys. */
export function dataText(text: string): string {
  return text.replaceAll(unsafeInData, escapedCharacter);
}

/** A name or a value within one line, whoever chose it: it neither ends the line nor moves within it. */
export function lineText(text: string): string {
  return text.replaceAll(unsafeInLine, escapedCharacter);
}

// Control characters (C0, DEL and C1), and what turns the direction of text: https://trojansource.codes
const direction = "\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069";
const controls = `[\\u0000-\\u001F\\u007F-\\u009F${direction}]`;
const control = `(?!\\r\\n|[\\n\\t])${controls}`;
const unsafe = new RegExp(control, "g");
/** The codes of picocolors' bold, faint and colours. */
const unsafeBesideColors = new RegExp(`(?!\\u001B\\[(?:0|1|2|22|3[1-9])m)${control}`, "g");
// Lines end also at the separators of Unicode, for some who read them.
const unsafeInLine = new RegExp(`${controls}|[\\u2028\\u2029]`, "g");
const unsafeInData = new RegExp(`[\\u007F-\\u009F${direction}]`, "g");

/** `\\u001b`: a character that is not to have its effect, but to be seen. */
export function escapedCharacter(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

const asciiSigns: Readonly<Record<string, string>> = {
  "✔": "v",
  "✖": "x",
  "‼": "!",
  "○": "o",
  "●": "*",
  "→": "->",
  "←": "<-",
  "…": "...",
  "·": "-",
  "–": "-",
  "—": "-",
  "“": '"',
  "”": '"',
};
const sign = new RegExp(`[${Object.keys(asciiSigns).join("")}]`, "g");
