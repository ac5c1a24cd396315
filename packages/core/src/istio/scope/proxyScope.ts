import type { Sidecar } from "../../kinds/index.ts";
import { keptBy, rowOf } from "../found.ts";
import { HostMap, hostsOverlap, isCoveredBy, isWildcard } from "../hostNames.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import type { MeshSettings } from "../meshSettings.ts";
import { type MeshVirtualService, meshGateway } from "../meshVirtualService.ts";
import { meshRegistry, servicesVisibleTo } from "../registry/meshRegistry.ts";
import type { MeshPort, MeshService } from "../registry/meshService.ts";
import { type Protocol, parseProtocol } from "../registry/protocol.ts";
import { isVisible } from "../visibility.ts";
import type { Workload } from "../workload.ts";
import { sidecarFor } from "./sidecarFor.ts";
import { virtualServicesFor } from "./virtualServices.ts";

/** What a proxy knows of the mesh: see `egressOf` and `servicesOf`. pilot/pkg/model/sidecar.go, SidecarScope */
export interface ProxyScope {
  readonly cluster: IstioCluster;
  readonly key: ScopeKey;
  readonly outboundTrafficPolicy: "ALLOW_ANY" | "REGISTRY_ONLY";
  /** Where that is decided; undefined: in the mesh config. */
  readonly outboundTrafficPolicyOf: Sidecar | undefined;
}

/** All of a namespace's proxies that one Sidecar holds for know the same: one value, whatever the state of the cluster. */
export interface ScopeKey {
  readonly namespace: string;
  /** That narrows it, if any. */
  readonly sidecar: Sidecar | undefined;
}

export interface EgressListener {
  /** Undefined: catches all ports that others did not take. */
  readonly port: { readonly number: number; readonly protocol: Protocol; readonly name: string } | undefined;
  readonly bind: string | undefined;
  readonly services: readonly MeshService[];
  readonly virtualServices: readonly MeshVirtualService[];
  /** Whether it lets a host of a namespace through at a port, be there one or not. */
  lets(host: { readonly host: string; readonly namespace: string }, port: number): boolean;
  /** Which VirtualService is the closest for a host, among all wildcards: `namespace/name`. */
  closest(host: string): string | undefined;
}

/** A gateway sees all that is exported to its namespace; a sidecar what its Sidecar lets through. */
export const proxyScope = memoisedBy((cluster: IstioCluster, workload: Workload): ProxyScope => {
  const sidecar = sidecarFor(cluster, workload);
  const own = sidecar?.spec.outboundTrafficPolicy;
  return {
    cluster,
    key: keyOf(inNamespace(cluster.settings, workload.namespace), sidecar),
    // An empty setting is the API's zero, which is REGISTRY_ONLY.
    outboundTrafficPolicy:
      own === undefined
        ? cluster.settings.outboundTrafficPolicy
        : own.mode === "ALLOW_ANY"
          ? "ALLOW_ANY"
          : "REGISTRY_ONLY",
    outboundTrafficPolicyOf: own === undefined ? undefined : sidecar,
  };
});

const inNamespace = memoisedBy((_: MeshSettings, namespace: string) => ({ namespace }));

const keyOf = memoisedBy(
  ({ namespace }: ReturnType<typeof inNamespace>, sidecar: Sidecar | undefined): ScopeKey => ({ namespace, sidecar }),
);

/** In order; the one without a port, if any, is the last. */
export const egressOf = keptBy((cluster, { namespace, sidecar }: ScopeKey): readonly EgressListener[] => {
  const written = sidecar?.spec.egress ?? [];
  return (written.length === 0 ? [{ hosts: ["*/*"] }] : written).map((each) =>
    egressListener(cluster, namespace, each as WrittenEgress),
  );
});

/** By host, one for each: what the proxy has upstream clusters for. */
export const servicesOf = keptBy((cluster, key: ScopeKey) =>
  collectServices(cluster, key.namespace, egressOf(cluster, key)),
);

const serviceRow = rowOf(servicesOf);

export function serviceOf({ cluster, key }: ProxyScope, host: string): MeshService | undefined {
  return serviceRow(cluster, key, host);
}

/** Whether an entry of a Sidecar's `egress.hosts` lets anything through for a namespace. */
export function importedBy(cluster: IstioCluster, namespace: string, host: string): boolean {
  const { services, virtualServices } = egressListener(cluster, namespace, { hosts: [host] });
  return services.length > 0 || virtualServices.length > 0;
}

interface WrittenEgress {
  readonly hosts?: readonly string[];
  readonly port?: { readonly number?: number; readonly protocol?: string; readonly name?: string };
  readonly bind?: string;
}

/** The hosts that one namespace's entries of an egress listener let through. */
interface Imports {
  readonly hosts: string[];
  readonly excluded: string[];
}

function egressListener(cluster: IstioCluster, namespace: string, written: WrittenEgress): EgressListener {
  const imports = new Map<string, Imports>();
  for (const entry of written.hosts ?? []) {
    const [rawNamespace = "", host = ""] = entry.split("/");
    const isExcluded = rawNamespace.startsWith("~") && rawNamespace !== "~";
    const stripped = isExcluded ? rawNamespace.slice(1) : rawNamespace;
    const from = stripped === "." ? namespace : stripped;
    const group = imports.get(from) ?? { hosts: [], excluded: [] };
    imports.set(from, group);
    (isExcluded ? group.excluded : group.hosts).push(host);
  }
  const port =
    written.port?.number === undefined
      ? undefined
      : {
          number: written.port.number,
          protocol: parseProtocol(written.port.protocol),
          name: written.port.name ?? "",
        };
  const matchPort = port === undefined || port.number === 0 || port.protocol === "HTTP_PROXY" ? undefined : port.number;
  const services = selectServices(servicesVisibleTo(cluster, namespace), imports, { namespace, matchPort });
  const virtualServices = selectVirtualServices(virtualServicesFor(cluster, namespace, meshGateway), imports);
  return {
    port,
    bind: written.bind,
    services,
    virtualServices,
    lets: (host, number) => isImported(imports, host) && (matchPort === undefined || matchPort === number),
    closest: closestIndex(virtualServices),
  };
}

function isImported(
  imports: ReadonlyMap<string, Imports>,
  { host, namespace }: { readonly host: string; readonly namespace: string },
): boolean {
  const groups = [imports.get(namespace), imports.get("*")];
  const covers = (hosts: readonly string[] = []) => hosts.some((imported) => isCoveredBy(host, imported));
  return !groups.some((group) => covers(group?.excluded)) && groups.some((group) => covers(group?.hosts));
}

/** sidecar.go, selectServices: of several namespaces' services of one host, the own namespace's, else a Kubernetes one, else the oldest. */
function selectServices(
  visible: readonly MeshService[],
  imports: ReadonlyMap<string, Imports>,
  { namespace, matchPort }: { readonly namespace: string; readonly matchPort: number | undefined },
): readonly MeshService[] {
  const imported = visible.flatMap((service) => {
    if (!isImported(imports, service)) return [];
    if (matchPort === undefined) return [service];
    const ports = service.ports.filter(({ number }) => number === matchPort);
    return ports.length === 0 ? [] : [service.ports.length === 1 ? service : { ...service, ports }];
  });
  const chosen = new Map<string, MeshService>();
  for (const service of imported) {
    const before = chosen.get(service.host);
    const isBetter =
      before === undefined ||
      service.namespace === namespace ||
      (!before.isKubernetes && service.isKubernetes && before.namespace !== namespace);
    if (isBetter) chosen.set(service.host, service);
  }
  return imported.filter((service) => chosen.get(service.host)?.namespace === service.namespace);
}

/** pilot/pkg/model/virtualservice.go, SelectVirtualServices: for VirtualServices a host matches in both directions. */
function selectVirtualServices(
  visible: readonly MeshVirtualService[],
  imports: ReadonlyMap<string, Imports>,
): readonly MeshVirtualService[] {
  const anywhere = imports.get("*");
  return visible.filter((virtualService) => {
    const own = imports.get(virtualService.namespace);
    return virtualService.hosts.some((host) => {
      const isImported = [own, anywhere].some((each) =>
        each?.hosts.some((imported) =>
          !isWildcard(host) && !isWildcard(imported) ? host === imported : hostsOverlap(host, imported),
        ),
      );
      const isExcluded = [own, anywhere].some((each) => each?.excluded.some((excluded) => isCoveredBy(host, excluded)));
      return isImported && !isExcluded;
    });
  });
}

function closestIndex(virtualServices: readonly MeshVirtualService[]): EgressListener["closest"] {
  const index = new HostMap<string>();
  for (const { hosts, namespace, name } of virtualServices) {
    for (const host of hosts) if (index.get(host) === undefined) index.set(host, `${namespace}/${name}`);
  }
  return (host) => index.mostSpecific(host);
}

/** sidecar.go, collectImportedServices: what routes lead to is known as well, though nobody imported it. */
function collectServices(
  cluster: IstioCluster,
  namespace: string,
  egress: readonly EgressListener[],
): ReadonlyMap<string, MeshService> {
  const added = new Map<string, MeshService>();
  const { byHost } = meshRegistry(cluster);
  for (const { services, virtualServices, port } of egress) {
    for (const service of services) append(added, service);
    for (const virtualService of virtualServices) {
      for (const [host, ports] of destinationsOf(virtualService, namespace)) {
        const candidates = byHost.get(host) ?? [];
        const own = candidates.find((each) => each.namespace === namespace);
        const visible = candidates.filter((each) => isVisible(each, namespace));
        const found = own ?? visible.find(({ isKubernetes }) => isKubernetes) ?? visible[0];
        if (found === undefined) continue;
        const wanted = port === undefined ? ports : new Set([port.number]);
        const trimmed = withPorts(found, wanted);
        if (trimmed !== undefined) append(added, trimmed);
      }
    }
  }
  return added;
}

/** Ports that a VirtualService's routes name, by host; 0 stands for any. */
function destinationsOf(
  { http, tcp, tls }: MeshVirtualService,
  namespace: string,
): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  const isForOthers = (matches: readonly { readonly sourceNamespace?: string }[] = []) => {
    const named = matches.flatMap(({ sourceNamespace }) => sourceNamespace ?? []);
    return named.length > 0 && !named.includes(namespace);
  };
  const routes = [...http.filter(({ value }) => !isForOthers(value.match)), ...tcp, ...tls];
  for (const { destination } of routes.flatMap(({ value }) => value.route ?? [])) {
    const ports = found.get(destination.host) ?? new Set();
    found.set(destination.host, ports.add(destination.port?.number ?? 0));
  }
  return found;
}

function withPorts(service: MeshService, wanted: ReadonlySet<number>): MeshService | undefined {
  if (wanted.size === 0 || wanted.has(0)) return service;
  const ports = service.ports.filter(({ number }) => wanted.has(number));
  if (ports.length === service.ports.length) return service;
  return ports.length === 0 ? undefined : { ...service, ports };
}

/** sidecar.go, appendSidecarServices: a Kubernetes Service counts more than a ServiceEntry of its name, older more than younger. */
function append(added: Map<string, MeshService>, service: MeshService): void {
  const before = added.get(service.host);
  if (before === undefined || (!before.isKubernetes && service.isKubernetes)) {
    added.set(service.host, service);
    return;
  }
  if (before === service || before.isKubernetes !== service.isKubernetes || !canMerge(before, service)) return;
  const missing = service.ports.filter(({ number }) => !before.ports.some((port) => port.number === number));
  if (missing.length > 0) added.set(service.host, { ...before, ports: [...before.ports, ...missing] });
}

function canMerge(left: MeshService, right: MeshService): boolean {
  const key = ({ namespace, resolution, labels, selector, exportTo }: MeshService) =>
    JSON.stringify([namespace, resolution, entries(labels), entries(selector ?? {}), [...exportTo].sort()]);
  return key(left) === key(right);
}

function entries(labels: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
}

export function portOf(service: MeshService, number: number): MeshPort | undefined {
  return service.ports.find((port) => port.number === number);
}
