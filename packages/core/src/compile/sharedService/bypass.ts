import { joinNames, say } from "../../findings/index.ts";
import { fullHost, type IstioCluster, serviceHost } from "../../istio/index.ts";
import type { ApiRoute, BackendRef, VirtualService } from "../../kinds/index.ts";
import { at } from "../../model/index.ts";
import { routesInTheWay } from "../declaration/claims.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import type { ResolvedService } from "./resolvedService.ts";

/**
 * Warns of a route of the user's that leads a name's calls to other hosts. Weights and localities are those of the name's
 * endpoints, so they hold only for what such a route leaves to the name. (Where routes of ours are needed, theirs are a
 * conflict instead.)
 */
export function warnOfBypass(
  shared: ResolvedService,
  { facts, namespaces }: Consumer,
  host: string,
  { report }: CompileContext,
): void {
  const { split, locality } = shared.intent.spec.traffic ?? {};
  if (split === undefined && locality === undefined) return;
  const route = routesInTheWay(facts, host, namespaces);
  if (route === undefined) return;
  const elsewhere = destinationsOf(route, facts).filter((name) => name !== host);
  if (elsewhere.length === 0) return;
  report.add(
    undefined,
    "TRAFFIC_BYPASSED",
    at(shared.intent, "spec", "traffic", split === undefined ? "locality" : "split"),
    say`${{ kind: route.kind }} ${{ namespace: route.metadata.namespace }}/${{ route: route.metadata.name }} in ${{ cluster: facts.name }} leads calls to ${{ host }} on to ${joinNames(elsewhere)}, past what spec.traffic says`,
    "share those too, or let spec.traffic.match do what it does",
  );
}

function destinationsOf(route: VirtualService | ApiRoute, facts: IstioCluster): readonly string[] {
  const namespace = route.metadata.namespace ?? "default";
  const hosts = route.kind === "VirtualService" ? ofVirtualService(route) : ofApiRoute(route, facts);
  return [...new Set(hosts.map((host) => fullHost(host, namespace, facts.settings)))].sort();
}

function ofVirtualService({ spec }: VirtualService): readonly string[] {
  const routes = [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])];
  return routes.flatMap(({ route = [] }) => route.flatMap(({ destination }) => destination?.host ?? []));
}

function ofApiRoute({ metadata, spec }: ApiRoute, facts: IstioCluster): readonly string[] {
  const rules: readonly { readonly backendRefs?: readonly BackendRef[] }[] = spec?.rules ?? [];
  return rules.flatMap(({ backendRefs = [] }) =>
    backendRefs.flatMap(({ kind = "Service", name, namespace = metadata.namespace ?? "default" }) => {
      if (kind === "Service" || kind === "ServiceImport") return [serviceHost(name, namespace, facts.settings)];
      return kind === "Hostname" ? [name] : [];
    }),
  );
}
