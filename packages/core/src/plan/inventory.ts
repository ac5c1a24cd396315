import { isOurs, isWritable, type KubeObject, ownerOf } from "../kinds/index.ts";

/**
 * Whether an object is one that we wrote and may delete. The managed-by label alone does not tell, a Helm chart of Isthmus
 * itself could carry it; nor do labels alone, a Pod inherits them.
 */
export function isInventory(object: KubeObject): boolean {
  return isOurs(object) && ownerOf(object) !== "" && isWritable(object);
}
