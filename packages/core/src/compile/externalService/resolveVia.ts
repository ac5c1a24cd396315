import { say } from "../../findings/index.ts";
import { type GatewayAddress, type IstioCluster, spiffeId } from "../../istio/index.ts";
import { ownerName } from "../../kinds/index.ts";
import { at, type ExternalService, type MeshCluster } from "../../model/index.ts";
import type { Surroundings } from "../declaration/compileContext.ts";
import { resolveGateway } from "../declaration/resolveGateway.ts";

/** The cluster through whose gateway an ExternalService is reached. */
export interface Via {
  readonly cluster: MeshCluster;
  readonly facts: IstioCluster;
  readonly gateways: readonly GatewayAddress[];
  /** SPIFFE IDs of the gateway's pods. */
  readonly identities: readonly string[];
}

/** Undefined where that gateway cannot be used now: the declaration waits, and nothing else. */
export function resolveVia(
  intent: ExternalService,
  name: string,
  { intents, observed, facts: allFacts, report }: Surroundings,
): Via | undefined {
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const cluster = intents.clusters.find(({ metadata }) => metadata.name === name);
  const facts = allFacts.get(name);
  if (cluster === undefined || facts === undefined) {
    report.hold(owner, observed.unreachable.get(name)?.message ?? `${name} is not observed`);
    return undefined;
  }
  const gateways = resolveGateway(owner, { cluster, facts, use: "eastWestGateway" }, report);
  const { namespace, selector } = cluster.spec.eastWestGateway;
  const accounts = new Set(facts.selectSeen(namespace, selector).map(({ serviceAccount }) => serviceAccount));
  if (accounts.size === 0) {
    report.add(
      owner,
      "SERVICE_ACCOUNT_UNKNOWN",
      at(intent, "spec", "via"),
      say`no pod of the gateway in ${{ name }} is seen in ${{ namespace }}, so its identity is not known`,
      "start it, or correct spec.eastWestGateway of the MeshCluster",
    );
  }
  if (gateways === undefined || accounts.size === 0) return undefined;
  const { trustDomain } = facts.settings;
  const identities = [...accounts].sort().map((account) => spiffeId(trustDomain, namespace, account));
  return { cluster, facts, gateways, identities };
}
