import { type Sentence, say } from "../../findings/index.ts";
import type { Mistake } from "../schema/explainIssues.ts";

/** The mistake of a Mesh beside another one; `first`: where or which that is. */
export function secondMesh(name: string, first: Sentence): Mistake {
  const message = say`${{ name }} is a second Mesh; the first is ${first}`;
  return { code: "MESH_DUPLICATE", path: ["metadata", "name"], part: "value", message, hint: "keep one of the two" };
}
