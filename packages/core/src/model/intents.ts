import { type Named, type Place, showPath } from "../findings/index.ts";
import { showClusterObject } from "../kinds/index.ts";
import type { ExternalAccess } from "./externalAccess/externalAccess.ts";
import type { ExternalService } from "./externalService/externalService.ts";
import type { Mesh } from "./mesh/mesh.ts";
import type { MeshCluster } from "./mesh/meshCluster.ts";
import type { SharedService } from "./sharedService/sharedService.ts";

/** Everything that the user declares. */
export interface Intents {
  readonly mesh: Mesh;
  readonly clusters: readonly MeshCluster[];
  readonly sharedServices: readonly SharedService[];
  readonly externalAccesses: readonly ExternalAccess[];
  readonly externalServices: readonly ExternalService[];
}

export type Intent = Mesh | MeshCluster | SharedService | ExternalAccess | ExternalService;

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
