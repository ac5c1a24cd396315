import { MeshError, type Problem } from "@isthmus/core";

/** All that is wrong with a directory, as it is one reading. As a `MeshError` it is the first of these problems. */
export class DirectoryError extends MeshError {
  readonly problems: readonly Problem[];

  constructor(first: Problem, others: readonly Problem[] = [], options?: ErrorOptions) {
    super(first, options);
    this.problems = [first, ...others];
  }
}
