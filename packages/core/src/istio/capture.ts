import ipaddr from "ipaddr.js";
import type { Workload } from "./workload.ts";

const annotation = "traffic.sidecar.istio.io/";

/**
 * Why a connection does not go through the caller's sidecar: annotations that keep ports or addresses from redirection
 * (tools/istio-iptables). Undefined: it does.
 */
export function bypass({ annotations }: Workload, address: string, port: number): string | undefined {
  if (!Object.keys(annotations).some((name) => name.startsWith(annotation))) return undefined;
  const listed = (name: string) => (annotations[`${annotation}${name}`] ?? "").split(",").map((each) => each.trim());
  if (listed("excludeOutboundPorts").includes(`${port}`)) return `${annotation}excludeOutboundPorts`;
  if (listed("includeOutboundPorts").includes(`${port}`)) return undefined;
  if (contains(listed("excludeOutboundIPRanges"), address)) return `${annotation}excludeOutboundIPRanges`;
  const included = listed("includeOutboundIPRanges");
  const isLimited = annotations[`${annotation}includeOutboundIPRanges`] !== undefined && !included.includes("*");
  return isLimited && !contains(included, address) ? `${annotation}includeOutboundIPRanges` : undefined;
}

function contains(ranges: readonly string[], address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return ranges.some((range) => {
    if (!ipaddr.isValidCIDR(range)) return false;
    const [base, bits] = ipaddr.parseCIDR(range);
    return base.kind() === parsed.kind() && parsed.match(base, bits);
  });
}
