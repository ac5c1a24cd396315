import { say } from "../findings/index.ts";
import { fullHost, type IstioCluster, isCoveredBy, type Workload } from "../istio/index.ts";
import { endpointsOf, type MeshService, meshRegistry } from "../istio/registry/index.ts";
import { destinationRuleFor } from "../istio/scope/index.ts";
import { subsetEndpoints } from "../istio/upstream/index.ts";
import type { DestinationRule } from "../kinds/index.ts";
import { destinationsOf } from "./destinations.ts";
import { finding, type LintRule } from "./lintRule.ts";
import { mayBeHiddenGateway, proxiesOf, proxyKinds } from "./proxies.ts";

/** The hosts of a rule in a cluster's registry. */
function hostsOf(cluster: IstioCluster, rule: DestinationRule): readonly MeshService[] {
  const host = hostOf(cluster, rule);
  return meshRegistry(cluster).services.filter((service) => isCoveredBy(service.host, host));
}

function hostOf({ settings }: IstioCluster, { metadata, spec }: DestinationRule): string {
  return fullHost(spec.host ?? "", metadata.namespace ?? "default", settings);
}

/** In a mesh of several clusters an istiod may know a host by another cluster's Service. */
function isKnown(host: string, all: ReadonlyMap<string, IstioCluster>): boolean {
  return [...all.values()].some((each) =>
    meshRegistry(each).services.some((service) => isCoveredBy(service.host, host)),
  );
}

export const rulesOfNoHost: LintRule = {
  code: "LINT_HOST_UNKNOWN",
  needs: ["Service", "ServiceEntry", "DestinationRule"],
  find: (cluster, all) =>
    cluster.all("DestinationRule").flatMap((rule) => {
      const host = hostOf(cluster, rule);
      if (isKnown(host, all)) return [];
      const message = say`no Service and no ServiceEntry has the host ${{ host }}`;
      return [
        finding("LINT_HOST_UNKNOWN", cluster, rule, {
          field: "spec.host",
          message,
          hint: "Correct the host, or delete the rule.",
        }),
      ];
    }),
};

/** Rules of which no client uses anything, since others of the host come first. */
export const shadowedRules: LintRule = {
  code: "LINT_DESTINATION_RULE_SHADOWED",
  needs: [...proxyKinds, "Service", "ServiceEntry", "DestinationRule"],
  find: (cluster) => {
    const proxies = proxiesOf(cluster);
    if (proxies.length === 0) return [];
    // Of what selects workloads by itself, labels count; of all else the namespace.
    const clients = [
      ...new Map(
        [...proxies, ...hiddenClients(cluster, proxies)].map((each) => [
          `${each.namespace} ${JSON.stringify(each.labels)}`,
          each,
        ]),
      ).values(),
    ];
    return cluster.all("DestinationRule").flatMap((rule) => {
      const hosts = hostsOf(cluster, rule);
      const isUsed = hosts.some((service) =>
        clients.some((client) => {
          const held = destinationRuleFor(cluster, client, service);
          return (
            held !== undefined &&
            (held.from[0] === rule || held.policyFrom === rule || held.subsets.some(({ from }) => from === rule))
          );
        }),
      );
      if (hosts.length === 0 || isUsed) return [];
      const message = say`no client uses it: other DestinationRules of ${{ host: hostOf(cluster, rule) }} come first`;
      return [
        finding("LINT_DESTINATION_RULE_SHADOWED", cluster, rule, {
          message,
          hint: "Merge it with the one that counts, or delete it.",
        }),
      ];
    });
  },
};

type Client = Pick<Workload, "namespace" | "labels">;

/** Whom rules may be for and no manifest shows: gateways, and all of a namespace of which no pod is shown. */
function hiddenClients(cluster: IstioCluster, shown: readonly Client[]): readonly Client[] {
  if (cluster.source === "live") return [];
  const namespaces = new Set(shown.map(({ namespace }) => namespace));
  return cluster.all("DestinationRule").flatMap(({ metadata: { namespace = "default" }, spec }) => {
    const labels = spec.workloadSelector?.matchLabels ?? {};
    return !namespaces.has(namespace) || mayBeHiddenGateway(cluster, labels) ? [{ namespace, labels }] : [];
  });
}

export const emptySubsets: LintRule = {
  code: "LINT_SUBSET_EMPTY",
  needs: ["Pod", "Service", "ServiceEntry", "WorkloadEntry", "DestinationRule"],
  find: (cluster, all) =>
    cluster.all("DestinationRule").flatMap((rule) =>
      (rule.spec.subsets ?? []).flatMap(({ name, labels = {} }, index) => {
        const places = [...all.values()].flatMap((each) =>
          hostsOf(each, rule).flatMap((service) => service.ports.map((port) => endpointsOf(each, service, port))),
        );
        if (places.length === 0) return [];
        const mayHave = places.some(({ endpoints, isComplete }) => {
          const found = subsetEndpoints(endpoints, labels);
          return !isComplete || found.untold !== undefined || found.endpoints.length > 0;
        });
        if (mayHave) return [];
        return [
          finding("LINT_SUBSET_EMPTY", cluster, rule, {
            field: `spec.subsets[${index}]`,
            message: say`no endpoint of ${{ host: hostOf(cluster, rule) }} has the labels of subset ${{ subset: name }}`,
            hint: "Correct the labels, or delete the subset: calls of it are answered by 503.",
          }),
        ];
      }),
    ),
};

export const unusedSubsets: LintRule = {
  code: "LINT_SUBSET_UNUSED",
  needs: ["VirtualService", "DestinationRule", "Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"],
  find: (cluster) => {
    // By its SNI a client of another cluster may ask for any subset.
    const takesAll = cluster
      .all("Gateway")
      .some(({ spec }) => spec.servers?.some(({ tls }) => tls?.mode === "AUTO_PASSTHROUGH"));
    if (takesAll) return [];
    const asked = destinationsOf(cluster).filter(({ subset }) => subset !== undefined);
    return cluster.all("DestinationRule").flatMap((rule) =>
      (rule.spec.subsets ?? []).flatMap(({ name }, index) =>
        asked.some(({ subset, host }) => subset === name && isCoveredBy(host, hostOf(cluster, rule)))
          ? []
          : [
              finding("LINT_SUBSET_UNUSED", cluster, rule, {
                field: `spec.subsets[${index}]`,
                message: say`no route of the cluster leads to subset ${{ subset: name }}`,
                hint: "Route to it, or delete it.",
              }),
            ],
      ),
    );
  },
};
