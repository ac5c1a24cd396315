import type { GlobalOptions } from "./session.ts";

/** Takes the formats that are this command's alone out of `-o`: `junit` of check, `dot` of trace. */
export function splitFormat<Format extends string>(
  options: GlobalOptions,
  formats: readonly Format[],
): { readonly globals: GlobalOptions; readonly own?: Format } {
  const { output, ...rest } = options;
  const own = formats.find((format) => format === output);
  return own === undefined ? { globals: options } : { globals: rest, own };
}
