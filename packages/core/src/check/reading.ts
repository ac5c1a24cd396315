import type { Problem } from "../problem.ts";

/** Something that was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly problem: Problem };
