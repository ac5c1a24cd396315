import { groupOf, isOurs, type KubeObject, ownerOf, writingOf } from "../kinds/index.ts";

/** Whether it is of a kind that we write at all. */
export function isWritable(object: KubeObject): boolean {
  return writingOf(groupOf(object.apiVersion), object.kind) !== undefined;
}

/**
 * Whether an object is one that we wrote and may delete. The managed-by label alone does not tell, a Helm chart of Isthmus
 * itself could carry it; nor do labels alone, a Pod inherits them.
 */
export function isInventory(object: KubeObject): boolean {
  return isOurs(object) && ownerOf(object) !== "" && isWritable(object);
}
