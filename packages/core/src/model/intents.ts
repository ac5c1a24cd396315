import { type Named, type Place, showPath } from "../findings/index.ts";
import { showClusterObject } from "../kinds/index.ts";
import type { IntentLists, IntentOf, Kind } from "./declaredKinds.ts";

/** Everything that the user declares. */
export interface Intents extends IntentLists {
  readonly mesh: IntentOf<"Mesh">;
}

export type Intent = IntentOf<Kind>;

/**
 * The place of a field of a declaration: `SharedService bar/httpbin spec.consumers[0].clusters[0]`.
 * Where the resource came from a file, `Sources.locate` adds file, line and column.
 */
export function at(intent: Intent, ...path: readonly (string | number)[]): Place & Named {
  const { kind, metadata } = intent;
  const namespace = "namespace" in metadata ? { namespace: metadata.namespace } : {};
  return { kind, ...namespace, name: metadata.name, ...(path.length === 0 ? {} : { field: showPath(path) }) };
}

/** `SharedService bar/httpbin` */
export function showDeclared(intent: Intent): string {
  return showClusterObject(at(intent));
}
