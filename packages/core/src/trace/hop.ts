import type { KubeObject } from "../kinds/kubeObject.ts";
import type { BrokenHop, PassedHop, TracedObject } from "./traceResult.ts";

/** Makes hops short to write: `passed({name, cluster, detail, source})`. */
export function passed(hop: Omit<PassedHop, "status">): PassedHop {
  return { ...hop, status: "ok" };
}

export function unsure(hop: Omit<PassedHop, "status">): PassedHop {
  return { ...hop, status: "unknown" };
}

export function broken(hop: Omit<BrokenHop, "status">): BrokenHop {
  return { ...hop, status: "broken" };
}

export function traced(cluster: string, { kind, metadata }: Pick<KubeObject, "kind" | "metadata">): TracedObject {
  const { name, namespace } = metadata;
  return { cluster, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** `ServiceEntry foo/httpbin`, for people. */
export function showTraced({ kind, namespace, name }: TracedObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
