import type { KindEntry } from "./catalog.ts";

/** Read by name, where Istio tells something: it is no kind of which all objects matter. */
export const configMapKind: KindEntry = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  read: "optional",
  write: false,
};
