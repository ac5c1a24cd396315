import { parseAllDocuments } from "yaml";
import type { KubeObject } from "./kubeObject.ts";
import { LabError } from "./labError.ts";

/** The objects of a YAML text, Lists opened. Says which document is at fault. */
export function parseManifests(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw new LabError(`document ${index + 1}: ${error.message}`);
    return open(document.toJS({ maxAliasCount: -1 }), `document ${index + 1}`);
  });
}

function open(value: unknown, where: string): KubeObject[] {
  if (value === null || value === undefined) return [];
  const object = value as Partial<KubeObject> & { readonly items?: readonly unknown[] };
  if (object.kind?.endsWith("List") && Array.isArray(object.items))
    return object.items.flatMap((item, index) => open(item, `${where}, item ${index + 1}`));
  if (
    typeof object.apiVersion !== "string" ||
    typeof object.kind !== "string" ||
    typeof object.metadata?.name !== "string"
  )
    throw new LabError(`${where}: not a Kubernetes object (apiVersion, kind and metadata.name are needed)`);
  return [object as KubeObject];
}

const order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role"];
const last = ["Deployment", "Pod"];

/** Puts what others need first, and what the lab realises last. */
export function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  return objects.toSorted((a, b) => rank(a.kind) - rank(b.kind));
}

function rank(kind: string): number {
  const first = order.indexOf(kind);
  if (first >= 0) return first - order.length;
  return last.includes(kind) ? 1 + last.indexOf(kind) : 0;
}
