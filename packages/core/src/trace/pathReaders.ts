import type { Reads } from "../istio/index.ts";
import type { DeclaredPath } from "../model/index.ts";

/**
 * Which paths read a part of the clusters, so that a step looks at none of the others. Paths are only ever added: what one of them
 * read once and does not now costs a look at it, and states of before hold true.
 */
export class PathReaders {
  readonly #byPart = new Map<string, Set<DeclaredPath>>();
  #added = 0;

  add(path: DeclaredPath, all: readonly Reads[]): void {
    this.#added += 1;
    for (const reads of all) for (const part of reads) this.#ofPart(part).add(path);
  }

  /** What was added more often than there are paths is for the most part of before. */
  isWornOut(paths: number): boolean {
    return this.#added > 10 * paths + 1000;
  }

  of(parts: ReadonlySet<string>): ReadonlySet<DeclaredPath> {
    const found = new Set<DeclaredPath>();
    for (const part of parts) for (const path of this.#byPart.get(part) ?? []) found.add(path);
    return found;
  }

  #ofPart(part: string): Set<DeclaredPath> {
    const found = this.#byPart.get(part) ?? new Set<DeclaredPath>();
    this.#byPart.set(part, found);
    return found;
  }
}
