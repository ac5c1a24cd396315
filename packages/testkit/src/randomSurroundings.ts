import { defaultMeshConfig, type KubeObject, type MeshConfig, type ObservedCluster, type Service } from "@isthmus/core";
import fc from "fast-check";
import { intents, mesh, meshCluster, sharedService } from "./declared.ts";
import { gatewayService, namespace, node, observedCluster, pod, service } from "./observedObjects.ts";
import type { RandomMesh } from "./randomMesh.ts";

/** What a cluster is like, beyond what is declared about it. */
interface Surroundings {
  readonly config: Pick<
    MeshConfig,
    | "outboundTrafficPolicy"
    | "defaultServiceExportTo"
    | "defaultVirtualServiceExportTo"
    | "defaultDestinationRuleExportTo"
    | "pathNormalization"
    | "trustDomainAliases"
  >;
  readonly gateway: "node port" | "load balancer" | "host name" | "dual stack" | "declared" | "no Service";
  readonly hasGatewayPods: boolean;
  readonly injection: "label" | "revision";
  readonly source: ObservedCluster["source"];
  readonly ports: readonly number[];
  readonly accounts: readonly string[];
  /** Egress hosts of a Sidecar in the consumers' namespace. */
  readonly sidecar: readonly string[] | undefined;
}

interface Names {
  readonly clusterDomain: string;
  readonly trustDomain: string;
}

const clusterNames = ["c1", "c2", "c3"] as const;
type ClusterName = (typeof clusterNames)[number];
const sides: Readonly<Record<ClusterName, string>> = { c1: "near", c2: "far", c3: "far" };
const exportDefault = fc.constantFrom<readonly string[]>(["*"], ["*"], ["."]);

const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  config: fc.record({
    outboundTrafficPolicy: fc.constantFrom("ALLOW_ANY", "REGISTRY_ONLY"),
    defaultServiceExportTo: exportDefault,
    defaultVirtualServiceExportTo: exportDefault,
    defaultDestinationRuleExportTo: exportDefault,
    pathNormalization: fc.constantFrom("NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"),
    trustDomainAliases: fc.constantFrom<readonly string[]>([], ["old.example"]),
  }),
  gateway: fc.constantFrom("node port", "load balancer", "host name", "dual stack", "declared", "no Service"),
  hasGatewayPods: fc.boolean(),
  injection: fc.constantFrom("label", "revision"),
  source: fc.constantFrom("live", "directory"),
  ports: fc.constantFrom([8000], [8000, 9000]),
  accounts: fc.constantFrom(["web"], ["web", "other"]),
  // Those that hide names are told of, and then nothing is claimed: they are rare here.
  sidecar: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(undefined, ["*/*"], ["./*", "istio-system/*", "red/*"]) },
    { weight: 1, arbitrary: fc.constantFrom(["istio-system/*"], ["blue/*"]) },
  ),
});

const declaration = fc.record({
  servedBy: fc.constantFrom(["c2"], ["c2", "c3"], ["side=far"]),
  consumers: fc.constantFrom(
    [{ clusters: ["c1"], namespaces: ["blue"] }],
    [{ clusters: ["side=near"], namespaces: ["blue"], serviceAccounts: ["caller"] }],
    [
      { clusters: ["side=near"], namespaces: ["blue"], serviceAccounts: ["caller"] },
      { clusters: ["side=far"], namespaces: ["blue"], serviceAccounts: ["nobody"] },
    ],
    [{ clusters: ["c1"] }],
  ),
  as: fc.constantFrom(["PerCluster"], ["SameName"], ["Mesh"], ["PerCluster", "Mesh"]),
  hasLocal: fc.boolean(),
  traffic: fc.constantFrom({}, {}, { timeout: "2s" }, { outlierDetection: {} }, { locality: {} }),
  access: fc.constantFrom(
    undefined,
    [{ methods: ["GET"], paths: ["/get"] }],
    [{ from: ["caller.blue"], paths: ["/a/*"] }],
  ),
});

/**
 * Meshes in which a declaration is right, in surroundings as users have them: label selectors, several accounts, another
 * cluster domain and trust domain, export defaults, Sidecars, dual stack, host names as addresses, gateways without pods that
 * are seen or without a Service, revisions, trust domain aliases, ports that only one side has.
 */
export const surroundedMesh: fc.Arbitrary<RandomMesh> = fc
  .record({
    names: fc.record({
      clusterDomain: fc.constantFrom("cluster.local", "corp.internal"),
      trustDomain: fc.constantFrom("cluster.local", "mesh.example"),
    }),
    clusters: fc.tuple(surroundings, surroundings, surroundings),
    declared: declaration,
  })
  .map(({ names, clusters, declared: { hasLocal, access, ...spec } }) => {
    const around = clusterNames.map((name, index) => ({ name, ...(clusters[index] ?? clusters[0]) }));
    return {
      intents: intents([sharedService("red/web", { ...spec, ...(access === undefined ? {} : { access }) })], {
        mesh: mesh({ ...names }),
        clusters: around.map(({ name, gateway }) =>
          meshCluster(name, gatewaySettings(name, gateway), { side: sides[name] }),
        ),
      }),
      observed: {
        clusters: new Map(around.map((each, index) => [each.name, cluster(each, index, { names, hasLocal })])),
        unreachable: new Map(),
      },
    };
  });

function gatewaySettings(name: ClusterName, gateway: Surroundings["gateway"]): Record<string, unknown> {
  const number = clusterNames.indexOf(name) + 1;
  if (gateway === "declared") return { eastWestGateway: { addresses: [`gateway.${name}.example:8443`] } };
  if (gateway === "no Service") return { eastWestGateway: { addresses: [`198.51.100.${number}:8443`] } };
  return {};
}

function cluster(
  {
    name,
    config,
    gateway,
    hasGatewayPods,
    injection,
    source,
    ports,
    accounts,
    sidecar,
  }: Surroundings & {
    readonly name: ClusterName;
  },
  index: number,
  { names, hasLocal }: { readonly names: Names; readonly hasLocal: boolean },
): ObservedCluster {
  const injects: Record<string, string> =
    injection === "label" ? { "istio-injection": "enabled" } : { "istio.io/rev": "stable" };
  const serves = name !== "c1" || hasLocal;
  const needsPods = hasGatewayPods || source === "live";
  const objects: readonly KubeObject[] = [
    namespace("istio-system", {}),
    node(`${name}-1`, `192.0.2.${index + 1}`),
    ...(gateway === "no Service" ? [] : [ingressService(name, gateway)]),
    ...(needsPods ? [gatewayPod()] : []),
    namespace("red", injects),
    namespace("blue", injects),
    pod("blue/caller"),
    ...(serves
      ? [
          service(
            "red/web",
            ports.map((port) => ({ name: `http-${port}`, port, targetPort: port })),
          ),
          ...accounts.map((serviceAccount) => pod(`red/web-${serviceAccount}`, { app: "web", serviceAccount })),
        ]
      : []),
    ...(sidecar === undefined ? [] : [sidecarOf(sidecar)]),
  ];
  const meshConfig = {
    ...defaultMeshConfig,
    ...config,
    trustDomain: names.trustDomain,
    proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" },
  };
  return observedCluster(name, `192.0.2.${index + 1}`, [], { source, objects, meshConfig });
}

function ingressService(name: ClusterName, gateway: Surroundings["gateway"]): Service {
  const number = clusterNames.indexOf(name) + 1;
  const ingress = (...all: readonly { readonly ip?: string; readonly hostname?: string }[]) =>
    gatewayService({ type: "LoadBalancer" }, { loadBalancer: { ingress: all } });
  switch (gateway) {
    case "load balancer":
      return ingress({ ip: `203.0.113.${number}` });
    case "host name":
      return ingress({ hostname: `lb.${name}.example` });
    case "dual stack":
      return ingress({ ip: `203.0.113.${number}` }, { ip: `2001:db8::${number}` });
    default:
      return gatewayService();
  }
}

function gatewayPod(): KubeObject {
  const made = pod("istio-system/istio-ingressgateway");
  return {
    ...made,
    metadata: { ...made.metadata, labels: { istio: "ingressgateway" } },
    spec: { ...made.spec, containers: [{ name: "istio-proxy" }] },
  };
}

function sidecarOf(hosts: readonly string[]): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "default", namespace: "blue" },
    spec: { egress: [{ hosts }] },
  };
}
