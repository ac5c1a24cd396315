/** A folder or file as it was at a revision. */
export interface Revision {
  /** As it was written, `HEAD~1`: places show it. */
  readonly name: string;
  /** Git's id of the tree. */
  readonly tree: string;
  /** From the root of the tree, by `/`; empty for all of it. */
  readonly path: string;
  /** Any folder of the repository. */
  readonly cwd: string;
}

/** As git writes it: `HEAD~1:manifests/a.yaml`. */
export function showRevision({ name, path: named }: Revision, path = named): string {
  return `${name}:${path}`;
}
