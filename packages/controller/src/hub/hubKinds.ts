import type { KindEntry } from "@isthmus/core";

/** What the controller reads and writes on its management cluster beside declarations. Never in core's catalog: no member has them. */
export const leaseKind: KindEntry = {
  ...{ group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases" },
  namespaced: true,
  read: "needed",
  write: false,
};

export const eventKind: KindEntry = {
  ...{ group: "events.k8s.io", version: "v1", kind: "Event", plural: "events" },
  namespaced: true,
  read: "optional",
  write: false,
};

/** Only those that a MeshCluster names, one by one. */
export const secretKind: KindEntry = {
  ...{ group: "", version: "v1", kind: "Secret", plural: "secrets" },
  namespaced: true,
  read: "optional",
  write: false,
};
