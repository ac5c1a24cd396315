import type { KindEntry } from "../../kinds/index.ts";
import { declaredKinds, type Kind } from "../declaredKinds.ts";
import { group, version } from "../resource.ts";
import { isNamespaced } from "./customResource.ts";

/** A kind that users declare, as the API server of a management cluster serves it by our CustomResourceDefinitions. */
export function declaredKindEntry(kind: Kind): KindEntry {
  const { plural } = declaredKinds[kind];
  return { group, version, kind, plural, namespaced: isNamespaced(kind), read: "needed", write: false };
}
