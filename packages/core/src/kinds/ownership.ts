import type { KubeObject } from "./kubeObject.ts";
import { shortName } from "./names.ts";

export const fieldManager = "isthmus";
export const managedByLabel = "app.kubernetes.io/managed-by";
export const ownerLabel = "isthmus.io/owner";
export const sideLabel = "isthmus.io/side";

/** Which end of a path an object serves: additions go server side first, removals consumer side first. */
export type Side = "server" | "consumer";

/** A declared resource as its objects name it: `SharedService.bar.httpbin`, cut with a hash where a label is too short. */
export function ownerName(kind: string, namespace: string, name: string): string {
  return shortName(`${kind}.${namespace}.${name}`);
}

export function ownershipLabels(owner: string, side: Side): Record<string, string> {
  return { [managedByLabel]: fieldManager, [ownerLabel]: owner, [sideLabel]: side };
}

/** Only such objects are ever updated or deleted. */
export function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.[managedByLabel] === fieldManager;
}

export function ownerOf(object: KubeObject): string {
  return object.metadata.labels?.[ownerLabel] ?? "";
}

export function sideOf(object: KubeObject): Side {
  return object.metadata.labels?.[sideLabel] === "server" ? "server" : "consumer";
}
