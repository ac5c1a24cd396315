import type { Hop, ProofStatus } from "./pathProof.ts";
import type { GatewayUse, ProofContext } from "./proofContext.ts";

const names: Readonly<Record<GatewayUse, string>> = {
  eastWestGateway: "the east-west gateway",
  ingressGateway: "the ingress gateway",
};

/**
 * A gateway's Service has an address, and where pods can be seen, one of them is ready. How clients outside get to an ingress
 * gateway is theirs to know, so it may have none. `port`: the gateway's own unless told.
 */
export function gatewayHop(cluster: string, use: GatewayUse, context: ProofContext, port?: number): Hop {
  const hop = (status: ProofStatus, detail: string): Hop => ({ name: "gateway", cluster, status, detail });
  const [facts, declared] = [context.facts(cluster), context.declared(cluster)];
  const gateway = context.gateway(cluster, use, port);
  if (facts === undefined || declared === undefined || gateway === undefined) {
    return hop("unknown", `${cluster} cannot be read`);
  }
  const isWithout = "fault" in gateway && gateway.fault === "no address" && use === "ingressGateway";
  if ("fault" in gateway && !isWithout) {
    const service = gateway.service === undefined ? "" : ` (Service ${gateway.service})`;
    return hop("broken", `${names[use]} has ${gateway.fault}${service}`);
  }
  const { namespace, selector } = declared.spec[use];
  const pods = facts.selectSeen(namespace, selector);
  const addresses =
    "addresses" in gateway
      ? gateway.addresses.map(({ address, port: at }) => `${address}:${at}`).join(", ")
      : `port ${port ?? declared.spec[use].port} of Service ${gateway.service}, at no address that is seen`;
  if (pods.length > 0 && !pods.some(({ isReady }) => isReady)) {
    return hop("broken", `none of ${pods.length} gateway pods is ready (${addresses})`);
  }
  const state = pods.length === 0 ? "its pods are not seen" : `${pods.filter(({ isReady }) => isReady).length} ready`;
  return hop("ok", `${addresses}; ${state}`);
}
