import type { Place, Sentence, Words } from "./findings/index.ts";
import { MeshError } from "./problem.ts";

/** What the person typed cannot be done: to be thrown. */
export function usage(
  message: Sentence,
  hint: Words,
  { at = {}, cause }: { readonly at?: Place; readonly cause?: unknown } = {},
): MeshError {
  return new MeshError({ code: "USAGE", at, message, hint }, cause === undefined ? {} : { cause });
}
