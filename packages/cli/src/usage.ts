import { MeshError, type Sentence } from "@isthmus/core";

/** What the person typed cannot be done: to be thrown. */
export function usage(message: Sentence, hint: string): MeshError {
  return new MeshError({ code: "USAGE", at: {}, message, hint });
}
