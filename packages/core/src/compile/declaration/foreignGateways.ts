import { askBy, type IstioCluster, labelsMatch, memoised } from "../../istio/index.ts";
import { type Gateway, isNamedAsOurs } from "../../kinds/index.ts";

type Labels = Readonly<Record<string, string>>;

/** The user's Gateways that may configure a proxy which `selector` chooses as well. */
export function foreignGateways(selector: Labels, cluster: IstioCluster): readonly Gateway[] {
  return gatewaysBeside(cluster, JSON.stringify(selector));
}

/** By the selector as JSON. */
const gatewaysBeside = askBy((facts, by: string): readonly Gateway[] => {
  const selector = JSON.parse(by) as Labels;
  return gatewaysOfUser(facts).filter((gateway) => mayShareProxy(gateway, selector, facts));
});

const gatewaysOfUser = memoised((facts: IstioCluster) =>
  facts.all("Gateway").filter((gateway) => !isNamedAsOurs(gateway)),
);

function mayShareProxy(gateway: Gateway, selector: Labels, facts: IstioCluster): boolean {
  const other = gateway.spec.selector ?? {};
  if (labelsMatch(other, selector) || labelsMatch(selector, other)) return true;
  return facts.selectAnywhere({ ...selector }).some(({ labels }) => labelsMatch(other, labels));
}
