import { catalog, type OwnerKind, writingOf } from "./catalog.ts";
import { groupOf, type KubeObject } from "./kubeObject.ts";
import { isHashedName, shortName } from "./names.ts";

export const fieldManager = "isthmus";
export const managedByLabel = "app.kubernetes.io/managed-by";
export const ownerLabel = "isthmus.io/owner";
const sideLabel = "isthmus.io/side";

/** Which end of a path an object serves: additions go server side first, removals consumer side first. */
export type Side = "server" | "consumer";

/** A declared resource as its objects name it: `SharedService.bar.httpbin`, cut with a hash where a label is too short. */
export function ownerName(kind: string, namespace: string, name: string): string {
  return shortName(`${kind}.${namespace}.${name}`);
}

export function ownershipLabels(owner: string, side: Side): Record<string, string> {
  return { [managedByLabel]: fieldManager, [ownerLabel]: owner, [sideLabel]: side };
}

/** On the selector of a Service that we import: no pod carries it, it ties our WorkloadEntries to the Service. */
export const importLabel = "isthmus.io/import";

/**
 * Whether an object carries our label. No other is ever updated or deleted; but anybody can write a label, so that what has
 * it may still be somebody else's: `isNamedAsOurs`, `isProvenOurs`.
 */
export function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.[managedByLabel] === fieldManager;
}

/** Whether it is of a kind that we write at all. */
export function isWritable(object: KubeObject): boolean {
  return writingOf(groupOf(object.apiVersion), object.kind) !== undefined;
}

export function ownerOf(object: KubeObject): string {
  return object.metadata.labels?.[ownerLabel] ?? "";
}

export function sideOf(object: KubeObject): Side {
  return object.metadata.labels?.[sideLabel] === "server" ? "server" : "consumer";
}

/** Our label on an object by a name that we give, whatever became of its other labels. Any other counts as the user's. */
export function isNamedAsOurs(object: KubeObject): boolean {
  return isOurs(object) && hasOurName(object, undefined);
}

/** Our label on an object that we would write for the owner that it names. */
export function isProvenOurs(object: KubeObject): boolean {
  return isOurs(object) && ownershipFault(object) === undefined;
}

const ownerKinds: ReadonlySet<string> = new Set(
  catalog.flatMap(({ write }) => (write === false ? [] : Object.keys(write.places))),
);

function isOwnerKind(kind: string): kind is OwnerKind {
  return ownerKinds.has(kind);
}

/**
 * What speaks against an object with our label being one that we wrote, for people: its owner, kind, namespace or name is not
 * what we give. Undefined where nothing does. Knows objects of declarations that are gone, too: what it asks for is in the
 * object alone.
 */
export function ownershipFault(object: KubeObject): string | undefined {
  const { name, namespace, labels = {} } = object.metadata;
  const owner = ownerOf(object);
  const [ownerKind = "", ownerNamespace, ownName] = owner.split(".");
  if (owner === "") return `its label ${ownerLabel} names no declaration`;
  if (!isOwnerKind(ownerKind)) return `its label ${ownerLabel} names ${owner}, which is not a declaration`;
  if (labels[sideLabel] !== "server" && labels[sideLabel] !== "consumer") {
    return `its label ${sideLabel} is neither server nor consumer`;
  }
  const place = writingOf(groupOf(object.apiVersion), object.kind)?.places[ownerKind];
  if (place === undefined) return `no ${object.kind} is written for a ${ownerKind}`;
  // A long owner is cut: then what is left of it does not tell.
  const isWhole = ownName !== undefined && owner.length < 63;
  if (place === "owner's namespace" && isWhole && namespace !== ownerNamespace) {
    return `for ${owner} it would be in namespace ${ownerNamespace}`;
  }
  return hasOurName(object, isWhole ? ownName : undefined) ? undefined : `${name} is not a name that isthmus gives`;
}

function hasOurName({ kind, metadata: { name }, spec }: KubeObject, ownName: string | undefined): boolean {
  if (kind === "ServiceImport") return ownName === undefined || name === ownName;
  const { selector } = (spec ?? {}) as { readonly selector?: Readonly<Record<string, unknown>> };
  // A Service that we import has the name that it has where it is served.
  if (kind === "Service" && selector?.[importLabel] === name) return true;
  return isHashedName(name);
}

/** Why an object with our label is not shown to be ours (law 13), for people; undefined where it is. */
export function whyNotOurs(object: KubeObject): string | undefined {
  return ownershipFault(object) ?? (isWrittenByOthers(object) ? "others wrote it" : undefined);
}

/**
 * Whether the API server says that others wrote an object, and we did not: server-side apply notes its writers. False where
 * nothing is noted, as in a directory.
 */
export function isWrittenByOthers({ metadata: { managedFields = [] } }: KubeObject): boolean {
  return managedFields.length > 0 && !managedFields.some(({ manager }) => manager === fieldManager);
}
