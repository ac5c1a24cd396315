import type { RotationWait } from "@isthmus/core/rotation";
import type { RotationView } from "./rotation.ts";

/** For `-o json|yaml`. Times are RFC 3339. */
export function rotationData({ target, move, clusters }: RotationView) {
  return {
    target: target.subject,
    stage: move.stage,
    clusters: clusters.map(({ trust, notes }) => ({
      cluster: trust.cluster,
      signsWith: trust.signer,
      trusts: trust.roots,
      ...(notes.notAfter !== undefined && { intermediateUntil: notes.notAfter }),
      proxies: trust.proxies.length,
    })),
    waits: move.waits.map(waitData),
  };
}

function waitData(wait: RotationWait) {
  switch (wait.for) {
    case "istiod":
      return wait;
    case "mounts":
      return { ...wait, until: new Date(wait.until).toISOString() };
    case "proxies":
      return { ...wait, proxies: wait.proxies.map(({ namespace, pod, workload }) => ({ namespace, pod, workload })) };
  }
}
