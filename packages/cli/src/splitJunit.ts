import type { GlobalOptions } from "./session.ts";

/** `-o junit` of `check` and `verify` is no format of the other commands. */
export function splitJunit(options: GlobalOptions): { readonly globals: GlobalOptions; readonly junit: boolean } {
  const { output, ...rest } = options;
  return output === "junit" ? { globals: rest, junit: true } : { globals: options, junit: false };
}
