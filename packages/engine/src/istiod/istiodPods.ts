import type { KubeObject, Pod } from "@isthmus/core";

/** The pods of istiod among a cluster's objects. */
export function istiodPods(objects: readonly KubeObject[], istioNamespace: string): readonly Pod[] {
  return objects.filter(
    (object): object is Pod =>
      object.kind === "Pod" && object.metadata.namespace === istioNamespace && object.metadata.labels?.app === "istiod",
  );
}
