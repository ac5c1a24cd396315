import type { AcrossPath, Compiled } from "@isthmus/core";

/** The paths between clusters. */
export function acrossPaths({ paths }: Pick<Compiled, "paths">): readonly AcrossPath[] {
  return paths.filter((path): path is AcrossPath => path.direction === "across");
}
