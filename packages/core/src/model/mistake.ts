import type { ProblemCode } from "../problem.ts";
import type { Path } from "./fieldSchema.ts";

/** What is wrong with one resource, before it is known where the resource stands. */
export interface Mistake {
  readonly code: ProblemCode;
  readonly path: Path;
  /** Whether the field's name is wrong or what it holds. */
  readonly part: "key" | "value";
  readonly message: string;
  readonly hint: string;
}
