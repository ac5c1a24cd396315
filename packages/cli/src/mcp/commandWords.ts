/** A command line in parts. */
export interface CommandWords {
  readonly command: string;
  /** Without the dashes, as the program declares them. */
  readonly options: readonly string[];
  readonly operands: readonly string[];
}

type OptionValue = string | boolean | readonly string[] | undefined;

/** A command line of values that somebody else gave: none of them can become an option of its own. */
export function words(
  command: string,
  operands: readonly string[] = [],
  options: Readonly<Record<string, OptionValue>>,
): CommandWords {
  return { command, operands, options: Object.entries(options).flatMap(([name, value]) => optionWords(name, value)) };
}

function optionWords(name: string, value: OptionValue): readonly string[] {
  const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === undefined || value === false) return [];
  if (value === true) return [option];
  return (typeof value === "string" ? [value] : value).map((each) => `${option}=${each}`);
}
