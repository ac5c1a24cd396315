import ipaddr from "ipaddr.js";
import type { ClusterObject, ServiceEntry, WorkloadEntry } from "../../kinds/index.ts";
import { tlsModeLabel } from "../injection.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { labelsMatch } from "../labels.ts";
import { memoisedBy } from "../memoised.ts";
import { spiffeId } from "../spiffeId.ts";
import { entryLabels, localityLabelOf, localityOf, networkOf, podLabels, type ToldLabels } from "../topologyLabels.ts";
import type { Workload } from "../workload.ts";
import { registered } from "./meshRegistry.ts";
import type { MeshPort, MeshService } from "./meshService.ts";
import { namedTargetPort, targetPortOf } from "./targetPort.ts";

/** Where a host's port may be sent to. pilot/pkg/model/service.go, IstioEndpoint */
export interface MeshEndpoint extends ToldLabels {
  /** The pod, where it is one of the cluster. */
  readonly workload: Workload | undefined;
  /** An IP address; a host name only where resolution is DNS; undefined for a pod of a directory. */
  readonly address: string | undefined;
  readonly port: number;
  /** `istio`: its proxy takes mutual TLS. By label, or for a WorkloadEntry by its service account. */
  readonly tlsMode: string;
  readonly namespace: string;
  /** SPIFFE ID, where a service account is known. */
  readonly identity: string | undefined;
  /** Empty: none. A WorkloadEntry's or ServiceEntry's endpoint has that alone which it names. */
  readonly network: string;
  /** At least 1. */
  readonly weight: number;
  /** `region/zone/subzone`, empty where unknown. */
  readonly locality: string;
  readonly isHealthy: boolean;
  /** Pod, WorkloadEntry, or the ServiceEntry that lists it. */
  readonly object: ClusterObject;
  /** Within the object: `spec.endpoints[0]`. */
  readonly field: string | undefined;
}

export interface EndpointSet {
  readonly endpoints: readonly MeshEndpoint[];
  /** A Service without a selector may have EndpointSlices of somebody's own, which we don't read. */
  readonly isComplete: boolean;
}

/**
 * All endpoints of a host's port, healthy or not. istiod keeps them by host and namespace, so that a Service and a
 * ServiceEntry of the same host and namespace share theirs, told apart by the port's name.
 */
export function endpointsOf(cluster: IstioCluster, service: MeshService, port: MeshPort): EndpointSet {
  return endpointsNamed(inCluster(cluster, service), port.name);
}

const inCluster = memoisedBy((cluster: IstioCluster, service: MeshService) => ({ cluster, service }));

const endpointsNamed = memoisedBy(
  ({ cluster, service }: ReturnType<typeof inCluster>, portName: string): EndpointSet => {
    const known = (registered(cluster, undefined, service.host) ?? []).filter(
      ({ namespace }) => namespace === service.namespace,
    );
    // Kubernetes has endpoints also of Services that istiod does not see.
    const sharing = known.length === 0 ? [service] : known;
    const sets = sharing.flatMap((each) =>
      each.ports
        .filter(({ name }) => name === portName)
        .map((own) => (each.isKubernetes ? ofService(cluster, each, own) : ofEntry(cluster, each, own))),
    );
    return {
      endpoints: sets.flatMap(({ endpoints }) => endpoints),
      isComplete: sets.every(({ isComplete }) => isComplete),
    };
  },
);

function ofService(cluster: IstioCluster, service: MeshService, port: MeshPort): EndpointSet {
  const { selector, namespace, resolution } = service;
  if (resolution === "alias") return { endpoints: [], isComplete: true };
  if (selector === undefined || Object.keys(selector).length === 0) return { endpoints: [], isComplete: false };
  const pods = cluster.select(namespace, selector).flatMap((workload) => ofPod(cluster, service, { workload, port }));
  // pilot/pkg/serviceregistry/kube/controller, collectWorkloadInstanceEndpoints: never for headless Services.
  const entries =
    resolution === "endpoints"
      ? entriesOf(cluster, namespace).filter(({ labels }) => labelsMatch(selector, labels))
      : [];
  return {
    endpoints: [
      ...pods,
      ...entries.flatMap((entry) => (isReached(entry) ? withPort(entry, serviceEntryPort(entry.ports, port)) : [])),
    ],
    isComplete: true,
  };
}

function ofPod(
  cluster: IstioCluster,
  service: MeshService,
  { workload, port }: { readonly workload: Workload; readonly port: MeshPort },
): readonly MeshEndpoint[] {
  const number = targetPortOf({ port: port.number, targetPort: port.targetPort }, workload);
  if (number === undefined) return [];
  const publishes = service.isKubernetes && "publishNotReadyAddresses" in service.object.spec;
  return [
    {
      workload,
      address: workload.address,
      port: number,
      tlsMode: workload.labels[tlsModeLabel] ?? "disabled",
      ...podLabels(cluster, workload),
      namespace: workload.namespace,
      identity: spiffeId(cluster.settings.trustDomain, workload.namespace, workload.serviceAccount),
      network: networkOf(cluster, workload),
      weight: 1,
      locality: localityOf(cluster, workload),
      isHealthy:
        workload.isReady ||
        (publishes &&
          "publishNotReadyAddresses" in service.object.spec &&
          service.object.spec.publishNotReadyAddresses === true),
      object: { cluster: cluster.name, kind: "Pod", namespace: workload.namespace, name: workload.name },
      field: undefined,
    },
  ];
}

/** A WorkloadEntry, or one of a ServiceEntry's own `endpoints`. */
interface EntryEndpoint {
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly facts: Omit<MeshEndpoint, "port">;
  readonly labels: Readonly<Record<string, string>>;
}

type EntrySpec = Pick<
  WorkloadEntry["spec"],
  "address" | "ports" | "labels" | "weight" | "locality" | "serviceAccount" | "network"
>;

/** pilot/pkg/serviceregistry/serviceentry/conversion.go, convertWorkloadEntryToWorkloadInstance. */
function entryEndpoint(
  cluster: IstioCluster,
  spec: EntrySpec,
  where: Pick<MeshEndpoint, "namespace" | "object" | "field">,
): EntryEndpoint {
  const labels = spec.labels ?? {};
  const account = spec.serviceAccount === undefined || spec.serviceAccount === "" ? undefined : spec.serviceAccount;
  const address = spec.address ?? "";
  const locality = spec.locality === undefined || spec.locality === "" ? localityLabelOf(labels) : spec.locality;
  return {
    address,
    ports: spec.ports ?? {},
    labels,
    facts: {
      workload: undefined,
      address,
      tlsMode: labels[tlsModeLabel] ?? (account === undefined ? "disabled" : "istio"),
      ...entryLabels(cluster, labels, { locality, network: spec.network }),
      identity: account === undefined ? undefined : spiffeId(cluster.settings.trustDomain, where.namespace, account),
      network: spec.network ?? "",
      weight: spec.weight === undefined || spec.weight <= 0 ? 1 : spec.weight,
      locality,
      isHealthy: true,
      ...where,
    },
  };
}

const entriesOf = memoisedBy((cluster: IstioCluster, namespace: string): readonly EntryEndpoint[] =>
  cluster.in("WorkloadEntry", namespace).map((entry) => {
    const { metadata, spec } = entry;
    const found = entryEndpoint(
      cluster,
      // The object's own labels count more.
      { ...spec, labels: { ...spec.labels, ...metadata.labels } },
      {
        namespace,
        object: { cluster: cluster.name, kind: "WorkloadEntry", namespace, name: metadata.name },
        field: undefined,
      },
    );
    return { ...found, facts: { ...found.facts, isHealthy: isHealthyEntry(entry) } };
  }),
);

/** One without an address is reached by its network's gateway alone. */
function isReached({ address, facts }: Pick<EntryEndpoint, "address" | "facts">): boolean {
  return isIp(address) || (address === "" && facts.network !== "");
}

/** pilot/pkg/serviceregistry/serviceentry/conversion.go, isHealthy: a machine whose agent probes it has to have said so. */
function isHealthyEntry({ metadata, status }: WorkloadEntry): boolean {
  if (metadata.annotations?.["proxy.istio.io/health-checks-enabled"] !== "true") return true;
  const conditions: unknown =
    typeof status === "object" && status !== null && "conditions" in status ? status.conditions : [];
  const all: readonly { readonly type?: string; readonly status?: string }[] = Array.isArray(conditions)
    ? conditions
    : [];
  return all.some((condition) => condition.type === "Healthy" && condition.status === "True");
}

function withPort({ facts }: EntryEndpoint, port: number | undefined): readonly MeshEndpoint[] {
  return port === undefined ? [] : [{ ...facts, port }];
}

/**
 * pilot/pkg/serviceregistry/kube/controller, serviceInstanceFromWorkloadInstance: a target port by name must be in the
 * entry's `ports`; a numeric one may be overridden there under the Service port's name.
 */
function serviceEntryPort(ports: Readonly<Record<string, number>>, port: MeshPort): number | undefined {
  const target = namedTargetPort({ port: port.number, targetPort: port.targetPort });
  return typeof target === "string" ? ports[target] : (ports[port.name] ?? target);
}

/** pilot/pkg/serviceregistry/serviceentry/conversion.go: the entry's port by name, else targetPort, else the port itself. */
function ofEntry(cluster: IstioCluster, service: MeshService, port: MeshPort): EndpointSet {
  const { spec } = service.object as ServiceEntry;
  const target = typeof port.targetPort === "number" ? port.targetPort : port.number;
  const isDns = service.resolution === "dns";
  if (service.selector !== undefined) {
    const { selector } = service;
    const entries = entriesOf(cluster, service.namespace).filter(
      (entry) => labelsMatch(selector, entry.labels) && (isDns || isReached(entry)),
    );
    const pods = cluster.select(service.namespace, selector).flatMap((workload) => {
      // A container port of the same name comes first, as in a WorkloadEntry's `ports`.
      const named = workload.ports.find(({ name }) => name === port.name)?.containerPort;
      return ofPod(cluster, service, { workload, port: { ...port, targetPort: named ?? target } });
    });
    return {
      endpoints: [...pods, ...entries.flatMap((entry) => withPort(entry, entry.ports[port.name] ?? target))],
      isComplete: true,
    };
  }
  const object = {
    cluster: cluster.name,
    kind: "ServiceEntry",
    namespace: service.namespace,
    name: service.object.metadata.name,
  };
  const written = spec.endpoints ?? [];
  if (written.length === 0 && isDns) {
    // The host itself is what DNS is asked for.
    const itself = entryEndpoint(
      cluster,
      { address: service.host },
      { namespace: service.namespace, object, field: "spec.hosts" },
    );
    // It has no labels at all (convertServiceEntryToInstances).
    const bare = { ...itself, facts: { ...itself.facts, labels: {}, untold: {} } };
    return { endpoints: withPort(bare, target), isComplete: true };
  }
  return {
    endpoints: written.flatMap((each, index) => {
      const entry = entryEndpoint(cluster, each, {
        namespace: service.namespace,
        object,
        field: `spec.endpoints[${index}]`,
      });
      // An endpoint of EDS must be an IP address (xds/endpoints/endpoint_builder.go, BuildClusterLoadAssignment).
      return isDns || isReached(entry) ? withPort(entry, entry.ports[port.name] ?? target) : [];
    }),
    isComplete: true,
  };
}

export function isIp(address: string): boolean {
  // The library is slow for thousands of addresses, and throws and catches for what is none.
  return ipv4.test(address) || (mayBeIp.test(address) && ipaddr.isValid(address));
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const mayBeIp = /^[\d.]+$|^[\da-f.]*:[\da-f:.]*(%.*)?$/i;
