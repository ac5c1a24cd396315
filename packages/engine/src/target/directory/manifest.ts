import type { FilePlace, KubeObject } from "@isthmus/core";

/** An object as a file of a directory holds it, with its namespace filled in. */
export interface Manifest {
  readonly object: KubeObject;
  /** Path of the file. */
  readonly file: string;
  readonly at: FilePlace;
}
