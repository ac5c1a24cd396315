import type { ClusterFacts } from "../facts/clusterFacts.ts";
import { labelsMatch } from "../facts/workloads.ts";
import type { Gateway } from "../kinds/istio.ts";
import { isOurs } from "../kinds/ownership.ts";

type Labels = Readonly<Record<string, string>>;

/** The user's Gateways that may configure a proxy which `selector` chooses as well. */
export function foreignGateways(selector: Labels, facts: ClusterFacts): readonly Gateway[] {
  return facts.gateways.filter((gateway) => !isOurs(gateway) && mayShareProxy(gateway, selector, facts));
}

function mayShareProxy(gateway: Gateway, selector: Labels, facts: ClusterFacts): boolean {
  const other = gateway.spec.selector ?? {};
  if (labelsMatch(other, selector) || labelsMatch(selector, other)) return true;
  return facts.workloads.selectAnywhere({ ...selector }).some(({ labels }) => labelsMatch(other, labels));
}
