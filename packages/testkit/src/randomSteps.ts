import {
  applyChanges,
  type Intents,
  type KubeObject,
  makeProblem,
  type Observed,
  type ObservedCluster,
  say,
} from "@isthmus/core";
import fc from "fast-check";
import { namespace, node, pod, service } from "./observedObjects.ts";
import type { RandomMesh } from "./randomMesh.ts";

/** One thing that happens to a mesh; the numbers choose to what. */
export interface Step {
  readonly deed: (typeof deeds)[number];
  readonly cluster: number;
  readonly pick: number;
  readonly how: number;
}

const deeds = [
  "write",
  "write",
  "remove",
  "remove ours",
  "edit",
  "edit",
  "edit",
  "add",
  "add",
  "add",
  "hide",
  "show",
  "configure",
  "withdraw",
  "declare",
  "order",
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  deed: fc.constantFrom(...deeds),
  cluster: fc.nat(3),
  pick: fc.nat(200),
  how: fc.nat(50),
});

/** What a watch, people with kubectl and git, and `apply` do to a mesh, in any order. */
export const randomSteps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 1, maxLength: 12 });

export interface SteppedMesh extends RandomMesh {
  /** How it began: what is hidden or withdrawn comes back from there. */
  readonly first: RandomMesh;
}

/** The mesh after a step; `desired` is what should be there before it. All that a step does not touch stays the same object. */
export function afterStep(
  mesh: SteppedMesh,
  { deed, cluster: index, pick, how }: Step,
  desired: ReadonlyMap<string, readonly KubeObject[]>,
): SteppedMesh {
  const { intents, observed, first } = mesh;
  const cluster = [...observed.clusters.values()][index % Math.max(observed.clusters.size, 1)];
  if (cluster === undefined) return { ...mesh, observed: first.observed };
  const { name, objects } = cluster;
  const wanted = desired.get(name) ?? [];
  const put = (...changed: readonly (KubeObject | undefined)[]): SteppedMesh => ({
    ...mesh,
    observed: applyChanges(
      observed,
      changed.flatMap((object) => (object === undefined ? [] : [{ cluster: name, object, isGone: false }])),
    ),
  });
  const drop = (object: KubeObject | undefined): SteppedMesh =>
    object === undefined
      ? mesh
      : { ...mesh, observed: applyChanges(observed, [{ cluster: name, object, isGone: true }]) };
  const withCluster = (other: ObservedCluster): SteppedMesh => ({
    ...mesh,
    observed: { ...observed, clusters: new Map([...observed.clusters, [name, other]]) },
  });
  switch (deed) {
    case "write":
      return how % 2 === 0 ? put(...wanted) : put(of(wanted, pick));
    case "remove":
      return drop(of(objects, pick));
    case "remove ours":
      return drop(
        of(
          objects.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] === "isthmus"),
          pick,
        ),
      );
    case "edit":
      return put(edited(of(objects, pick), how));
    case "add":
      return put(added(pick, how, hostsOf(desired)));
    case "hide":
      return { ...mesh, observed: hidden(observed, name) };
    case "show":
      return { ...mesh, observed: shown(observed, first.observed) };
    case "configure":
      return withCluster(configured(cluster, how));
    case "withdraw":
      return { ...mesh, intents: withdrawn(intents, pick) };
    case "declare":
      return { ...mesh, intents: declared(intents, first.intents, how) };
    case "order":
      return withCluster({ ...cluster, objects: [...objects].reverse() });
  }
}

function of<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(all.length, 1)];
}

/** Names that ours are for, and some that they are not. */
function hostsOf(desired: ReadonlyMap<string, readonly KubeObject[]>): readonly string[] {
  const ours = [...desired.values()].flat().flatMap(({ spec }) => {
    const { host, hosts = [] } = (spec ?? {}) as { readonly host?: string; readonly hosts?: readonly string[] };
    return host === undefined ? hosts : [host];
  });
  return [...new Set(ours), "*.cluster.local", "web.red.svc.cluster.local", "elsewhere.example.com"];
}

function edited(object: KubeObject | undefined, how: number): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { metadata } = object;
  const spec = object.spec as { readonly ports?: unknown; readonly addresses?: readonly string[] } | undefined;
  switch (how % 8) {
    case 0:
      return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, theirs: `${how}` } } };
    case 1:
      return { ...object, metadata: { ...metadata, labels: {} } };
    case 2:
      return { ...object, status: { ...(object.status as object), conditions: [{ type: "Ready", status: "False" }] } };
    case 3:
      return !Array.isArray(spec?.ports)
        ? { ...object }
        : { ...object, spec: { ...spec, ports: spec.ports.map((port) => ({ ...port, appProtocol: "tcp" })) } };
    case 4:
      return spec?.addresses === undefined
        ? { ...object, metadata: { ...metadata, creationTimestamp: `2026-01-0${1 + (how % 7)}T00:00:00Z` } }
        : { ...object, spec: { ...spec, addresses: [`240.0.${how}.9`] } };
    case 5:
      return { ...object, metadata: { ...metadata, annotations: { "networking.istio.io/exportTo": "." } } };
    case 6:
      return { ...object, spec: { ...spec, serviceAccountName: `account${how % 3}` } };
    default:
      return { ...object, spec: { ...spec, exportTo: ["."], nodeName: "somewhere" } };
  }
}

function added(pick: number, how: number, hosts: readonly string[]): KubeObject {
  const space = ["red", "blue", "istio-system", "green"][how % 4] ?? "red";
  const host = of(hosts, pick) ?? "";
  const [net, sec] = ["networking.istio.io/v1", "security.istio.io/v1"];
  const made = (apiVersion: string, kind: string, spec: object): KubeObject => ({
    apiVersion,
    kind,
    metadata: {
      name: `theirs-${pick % 3}`,
      namespace: space,
      creationTimestamp: `2026-01-0${1 + (pick % 9)}T00:00:00Z`,
    },
    spec,
  });
  const name = ["web", "api", "db"][pick % 3] ?? "web";
  switch (pick % 18) {
    case 0:
      return made(sec, "AuthorizationPolicy", how % 2 === 0 ? {} : { action: "DENY", rules: [{}] });
    case 1:
      return made(net, "Sidecar", { egress: [{ hosts: how % 2 === 0 ? ["./*"] : ["*/*"] }] });
    case 2:
      return made(net, "DestinationRule", { host, ...(how % 2 === 0 ? {} : { exportTo: ["."] }) });
    case 3:
      return made(net, "VirtualService", { hosts: [host], http: [{ route: [{ destination: { host: "x" } }] }] });
    case 4:
      return made(net, "ServiceEntry", { hosts: [host], ports: [], addresses: [`240.0.0.${how}`] });
    case 5:
      return made(net, "Gateway", {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 15443, protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: ["*.local"] }],
      });
    case 6:
      return made(net, "Gateway", {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 80, protocol: "HTTP" }, hosts: [`*/${host}`] }],
      });
    case 7:
    case 8:
      return pod(`${space}/${name}-${how % 2}`, { app: name, sidecar: how % 3 > 0, ready: how % 5 > 0 });
    case 9:
    case 10:
      return service(`${space}/${name}`, [{ name: "http", port: how % 2 === 0 ? 80 : 8000 }]);
    case 11:
      return namespace(space, how % 2 === 0 ? {} : { "istio-injection": "enabled" });
    case 12:
      return node(`theirs-${how % 2}`, `198.51.100.${how}`, { "topology.kubernetes.io/region": "eu" });
    case 13:
      return made("multicluster.x-k8s.io/v1alpha1", "ServiceExport", {});
    case 14: {
      const exported = made("multicluster.x-k8s.io/v1alpha1", "ServiceExport", {});
      return { ...exported, metadata: { ...exported.metadata, name } };
    }
    case 15: {
      const backend = { group: "multicluster.x-k8s.io", kind: "ServiceImport", name, namespace: space, port: 80 };
      return made("gateway.networking.k8s.io/v1", "HTTPRoute", { rules: [{ backendRefs: [backend] }] });
    }
    case 16:
      return made("multicluster.x-k8s.io/v1alpha1", "ServiceImport", { type: "ClusterSetIP" });
    default:
      return made(net, "WorkloadEntry", { address: `192.0.2.${how}`, labels: { app: name }, serviceAccount: "vm" });
  }
}

function hidden(observed: Observed, name: string): Observed {
  const problem = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { kind: "MeshCluster", name },
    message: say`${{ name }} is away`,
    hint: "",
  });
  return {
    clusters: new Map([...observed.clusters].filter(([each]) => each !== name)),
    unreachable: new Map([...observed.unreachable, [name, problem]]),
  };
}

function shown(observed: Observed, first: Observed): Observed {
  const [name] = [...observed.unreachable.keys()].filter((each) => first.clusters.has(each));
  const cluster = first.clusters.get(name ?? "");
  if (name === undefined || cluster === undefined) return observed;
  return {
    clusters: new Map([...observed.clusters, [name, cluster]]),
    unreachable: new Map([...observed.unreachable].filter(([each]) => each !== name)),
  };
}

function configured(cluster: ObservedCluster, how: number): ObservedCluster {
  if (how % 3 === 0) return { ...cluster, trustRoots: [] };
  if (how % 3 === 1) return { ...cluster, istiodVersions: ["1.24.0"] };
  const object = {
    ...{ group: "networking.istio.io", kind: "ServiceEntry", namespace: "red", name: "web", fault: "it is odd" },
    ...{ addresses: [], hosts: undefined, selector: undefined, isOurs: true, owner: "SharedService.red.web" },
  };
  return { ...cluster, unreadable: [object] };
}

function withdrawn(intents: Intents, pick: number): Intents {
  const without = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => index !== pick % all.length);
  if (pick % 3 === 0) return { ...intents, externalAccesses: without(intents.externalAccesses) };
  if (pick % 3 === 1) return { ...intents, externalServices: without(intents.externalServices) };
  return { ...intents, sharedServices: without(intents.sharedServices) };
}

/** Some are read from files again, one is another, or all are back. */
function declared(intents: Intents, first: Intents, how: number): Intents {
  if (how % 4 === 0) return first;
  if (how % 4 === 1) return structuredClone(intents);
  if (how % 4 === 2) return { ...intents, clusters: [...intents.clusters].reverse() };
  const [one, ...others] = intents.sharedServices;
  return one === undefined
    ? intents
    : { ...intents, sharedServices: [{ ...one, spec: { ...one.spec, as: ["SameName"] } }, ...others] };
}
