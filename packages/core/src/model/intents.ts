import type { ExternalAccess } from "./externalAccess.ts";
import type { ExternalService } from "./externalService.ts";
import type { Mesh } from "./mesh.ts";
import type { MeshCluster } from "./meshCluster.ts";
import type { SharedService } from "./sharedService.ts";

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
 * The place of a field, for `Problem.at`: `SharedService bar/httpbin spec.consumers[0].clusters[0]`.
 * Where the resource came from a file, `Sources.locate` turns it into file:line:column.
 */
export function at(intent: Intent, ...path: readonly (string | number)[]): string {
  const { name } = intent.metadata;
  const prefix = "namespace" in intent.metadata ? `${intent.metadata.namespace}/` : "";
  return `${intent.kind} ${prefix}${name}${path.length === 0 ? "" : ` ${showPath(path)}`}`;
}

/** `spec.consumers[0].clusters[0]` */
export function showPath(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
    "",
  );
}
