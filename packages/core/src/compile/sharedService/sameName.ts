import { exportToAnnotation, tlsModeLabel } from "../../istio/index.ts";
import {
  type DestinationRule,
  dnsLabel,
  importLabel,
  networkingApiVersion,
  ownershipLabels,
  type Service,
  type WorkloadEntry,
} from "../../kinds/index.ts";
import { passthroughPolicy, type TrafficSettings } from "./passthroughPolicy.ts";
import type { ResolvedService, Server, SharedPort } from "./resolvedService.ts";
import type { Spread } from "./spread.ts";
import { endpointLabels, endpointLocality, trafficSettings } from "./trafficSettings.ts";
import { type VersionLabels, versionName } from "./version.ts";

/**
 * The Service under its own name in a cluster that lacks it (recipes, section 3): Kubernetes gives it an address and a
 * DNS name, the WorkloadEntries of `remoteEndpoints` give it endpoints. `namespaces` limits where it is seen.
 */
export function importedService(
  shared: ResolvedService,
  ports: readonly SharedPort[],
  namespaces: readonly string[] | undefined,
): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: shared.service,
      namespace: shared.namespace,
      labels: ownershipLabels(shared.owner, "consumer"),
      // Without one the mesh's default would decide.
      annotations: { [exportToAnnotation]: (namespaces ?? ["*"]).join(",") },
    },
    spec: {
      ports: ports.map(({ name, number, appProtocol }) => ({
        name,
        port: number,
        targetPort: number,
        protocol: "TCP",
        ...(appProtocol === undefined ? {} : { appProtocol }),
      })),
      selector: { [importLabel]: shared.service },
    },
  };
}

/**
 * Mutual TLS to all endpoints of the Service with the SNI that the serving clusters' gateways route on; a local sidecar does
 * not look at it. Pinned identities are those of the endpoints: no subjectAltNames here.
 */
export function sameNameRule(
  shared: ResolvedService,
  hosts: { readonly host: string; readonly passthroughHost: string },
  ports: readonly SharedPort[],
  settings: TrafficSettings,
  exportTo: readonly string[],
): DestinationRule {
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: {
      name: dnsLabel([shared.service, "same-name"], [shared.namespace]),
      namespace: shared.namespace,
      labels: ownershipLabels(shared.owner, "consumer"),
    },
    spec: {
      host: hosts.host,
      exportTo: [...exportTo],
      trafficPolicy: passthroughPolicy(hosts.passthroughHost, ports, settings),
    },
  };
}

/** The consumer's own pods, or one version of them, among the endpoints of a merged Service. */
export interface OwnPart {
  readonly subset: string;
  readonly version: VersionLabels | undefined;
  readonly passthroughHost: string;
}

export function ownPart(shared: ResolvedService, version: VersionLabels | undefined, passthroughHost: string): OwnPart {
  return { subset: version === undefined ? "own" : `own-${versionName(shared, version)}`, version, passthroughHost };
}

/**
 * Lets routes choose that part: a subset in a rule of its own, so that it stands before a route leads to it, and goes after.
 * istiod takes the subsets of all rules for a host in a namespace with the same `exportTo` together. Remote endpoints carry
 * no TLS mode, which is what tells them apart. What the name's rule says about localities would leave out the own pods where
 * they have no weight. istio/pilot/pkg/model/destination_rule.go, mergeDestinationRule
 */
export function ownPartRule(
  shared: ResolvedService,
  host: string,
  ports: readonly SharedPort[],
  { subset, version, passthroughHost }: OwnPart,
): DestinationRule {
  const settings = trafficSettings(shared);
  const loadBalancer = { ...settings.loadBalancer, localityLbSetting: { enabled: false } };
  return {
    apiVersion: networkingApiVersion,
    kind: "DestinationRule",
    metadata: {
      name: dnsLabel([shared.service, subset], [shared.namespace]),
      namespace: shared.namespace,
      labels: ownershipLabels(shared.owner, "consumer"),
    },
    spec: {
      host,
      exportTo: ["*"],
      subsets: [
        {
          name: subset,
          labels: { ...version, [tlsModeLabel]: "istio" },
          trafficPolicy: passthroughPolicy(passthroughHost, ports, { ...settings, loadBalancer }),
        },
      ],
    },
  };
}

export interface RemoteEndpoints {
  /** The labels that the local Service selects. */
  readonly selector: Readonly<Record<string, string>>;
  /** Keys of `ports`: the local port's name, or its target port's where that is a name. */
  readonly portKeys: readonly string[];
  readonly spread: Spread;
}

/**
 * The serving cluster's gateways as endpoints of the Service of the same name: one for each address and identity.
 * Istio pins their identity by `serviceAccount`. They carry no TLS mode, so that no passthrough gateway forwards to them:
 * two gateways would send a call to and fro for ever (docs/decisions/0003-entry-service.md).
 * `sameNameRule` makes sidecars use mutual TLS.
 */
export function remoteEndpoints(
  shared: ResolvedService,
  server: Server,
  target: RemoteEndpoints,
): readonly WorkloadEntry[] {
  return server.gateways.flatMap(({ address, port, locality: real }) => {
    const locality = endpointLocality(shared, target.spread, server.facts.name, real);
    return server.serviceAccounts.map((serviceAccount) => ({
      apiVersion: networkingApiVersion,
      kind: "WorkloadEntry" as const,
      metadata: {
        name: dnsLabel([shared.service, server.facts.name], [address, String(port), serviceAccount]),
        namespace: shared.namespace,
        labels: ownershipLabels(shared.owner, "consumer"),
      },
      spec: {
        address,
        ports: Object.fromEntries(target.portKeys.map((key) => [key, port])),
        labels: { ...target.selector, ...endpointLabels(shared, server.facts.name) },
        serviceAccount,
        ...(locality === undefined ? {} : { locality }),
      },
    }));
  });
}
