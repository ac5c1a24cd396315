import type { NamedAddress } from "../../istio/registry/index.ts";
import { type ProxyScope, serviceOf } from "../../istio/scope/index.ts";
import type { ClientStep } from "../attempt.ts";
import { unfollowedMeshRoute } from "../gatewayApi/meshRoute.ts";
import { passed, unsure } from "../hop.ts";
import { openUpstream } from "../upstream/openUpstream.ts";
import type { Chain, HttpChain } from "./outboundListener.ts";
import { destinationOf, ended, showTarget, type Walk } from "./walk.ts";

/** The sidecar forwards bytes: by a VirtualService's TCP or TLS route, or straight to the service. */
export function throughTcp(
  walk: Walk,
  address: NamedAddress,
  { chain, scope }: { readonly chain: Exclude<Chain, HttpChain>; readonly scope: ProxyScope },
): readonly ClientStep[] {
  const { cluster, caller, payload, hops } = walk;
  const dialledTo = destinationOf(address, walk.request.url.port);
  const common = {
    cluster,
    clusters: walk.clusters,
    proxy: caller,
    payload,
    proxied: "tcp",
    retries: undefined,
    spreads: walk.spreads,
    dialled: dialledTo,
  } as const;
  const { route, service, port } = chain;
  const strange = unfollowedMeshRoute(cluster, service);
  if (strange !== undefined) return [ended(walk, strange, { kind: "unknown", why: strange.detail })];
  if (route === undefined) {
    const [only] = service.ports;
    const number = service.ports.length === 1 && only !== undefined ? only.number : port.number;
    const target = { host: service.host, port: number, subset: undefined, chosenBy: undefined };
    return openUpstream({ ...common, target, hops, probability: walk.probability });
  }
  const object = { cluster: cluster.name, ...route.object };
  if (chain.untold !== undefined) {
    const why = `whether ${route.object.namespace}/${route.object.name} ${route.field} is for ${caller.name} cannot be told (${chain.untold})`;
    const source = "pilot/pkg/networking/core/tls.go";
    const hop = unsure({ name: "route", cluster: cluster.name, object, field: route.field, detail: why, source });
    return [ended(walk, hop, { kind: "unknown", why })];
  }
  const targets = route.value.route ?? [];
  const total = targets.reduce((sum, { weight = 0 }) => sum + weight, 0);
  return targets.flatMap(({ destination, weight = 0 }, index) => {
    const share = targets.length === 1 ? 1 : weight / total;
    // All of them 0: istiod refuses that.
    if (!(share > 0)) return [];
    const field = `${route.field}.route[${index}]`;
    const found = serviceOf(scope, destination.host);
    const [only] = found?.ports ?? [];
    const byItself = found?.ports.length === 1 && only !== undefined ? only.number : port.number;
    const target = {
      host: destination.host,
      port: destination.port?.number ?? byItself,
      subset: destination.subset === "" ? undefined : destination.subset,
      chosenBy: { object, field },
    };
    const hop = passed({
      name: "route",
      cluster: cluster.name,
      object,
      field,
      detail: `to ${showTarget(target)}${share < 1 ? ` (${Math.round(share * 100)} %)` : ""}`,
      source: "pilot/pkg/networking/core/tls.go",
    });
    return openUpstream({ ...common, target, hops: [...hops, hop], probability: walk.probability * share });
  });
}
