import { isIn } from "./virtualAddress.ts";
import type { Workload } from "./workload.ts";

const prefix = "traffic.sidecar.istio.io/";

/** The proxy's own user, whose traffic is never redirected. */
const proxyUser = 1337;

/** Neither its connections nor its questions to DNS are redirected. */
export function runsAsProxy({ runsAsUser }: Workload): boolean {
  return runsAsUser === proxyUser;
}

/** Why a connection does not go through the caller's sidecar. */
export interface Bypass {
  /** Within the Pod, or what makes it. */
  readonly field: string;
  /** `annotation traffic.sidecar.istio.io/excludeOutboundPorts`, for people. */
  readonly why: string;
}

/**
 * What keeps a connection from redirection: the user that the app runs as, and annotations that keep ports or addresses out,
 * in the order of tools/istio-iptables/pkg/capture/run.go, Run. Undefined: it goes through the sidecar.
 */
export function bypass(workload: Workload, address: string, port: number): Bypass | undefined {
  const { annotations, controller } = workload;
  const template = controller === undefined ? "" : "spec.template.";
  if (runsAsProxy(workload)) {
    return {
      field: `${template}spec.securityContext.runAsUser`,
      why: `the app runs as user ${proxyUser}, the proxy's own`,
    };
  }
  const name = bypassing(annotations, address, port);
  if (name === undefined) return undefined;
  const annotation = `${prefix}${name}`;
  return { field: `${template}metadata.annotations["${annotation}"]`, why: `annotation ${annotation}` };
}

function bypassing(annotations: Workload["annotations"], address: string, port: number): string | undefined {
  if (!Object.keys(annotations).some((name) => name.startsWith(prefix))) return undefined;
  const listed = (name: string) => (annotations[`${prefix}${name}`] ?? "").split(",").map((each) => each.trim());
  if (listed("excludeOutboundPorts").includes(`${port}`)) return "excludeOutboundPorts";
  const contains = (ranges: readonly string[]) => ranges.some((range) => isIn(range, address));
  if (contains(listed("excludeOutboundIPRanges"))) return "excludeOutboundIPRanges";
  if (listed("includeOutboundPorts").some((each) => each === "*" || each === `${port}`)) return undefined;
  const included = listed("includeOutboundIPRanges");
  const isLimited = annotations[`${prefix}includeOutboundIPRanges`] !== undefined && !included.includes("*");
  return isLimited && !contains(included) ? "includeOutboundIPRanges" : undefined;
}

/** Whether what comes in at a port goes to the sidecar: not at those that annotations keep out, nor at the proxy's own (run.go). */
export function capturesInbound({ annotations }: Pick<Workload, "annotations">, port: number): boolean {
  const listed = (name: string) => annotations[`${prefix}${name}`]?.split(",").map((each) => each.trim());
  const included = listed("includeInboundPorts");
  if (included !== undefined && !included.includes("*") && !included.includes(`${port}`)) return false;
  return ![15020, 15021, 15090].includes(port) && listed("excludeInboundPorts")?.includes(`${port}`) !== true;
}
