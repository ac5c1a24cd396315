import {
  type FoundCluster,
  gatewayAddresses,
  istioCluster,
  type Mesh,
  meshClusterSchema,
  meshSchema,
  type ObservedCluster,
  type Problem,
  type Service,
} from "@isthmus/core";
import { observe } from "../observe/observe.ts";
import { type OpenTargetsOptions, withTargets } from "../target/openTargets.ts";

export interface FoundGateways {
  /** One for each context, in their order. */
  readonly clusters: readonly FoundCluster[];
  /** Why a cluster was not looked into, or where it has no gateway. Nothing that keeps anyone from declaring it. */
  readonly problems: readonly Problem[];
}

// Whoever starts wants a file soon; what a slow cluster has can be written into it later.
const patience = 10_000;
const apiVersion = "isthmus.io/v1alpha1";

/** Looks into the clusters for east-west gateways that are not where a MeshCluster expects them by default. */
export async function findGateways(
  contexts: readonly string[],
  { signal, ...ways }: OpenTargetsOptions & { readonly signal: AbortSignal },
): Promise<FoundGateways> {
  const declared = contexts.map((context, index) =>
    meshClusterSchema.parse({
      apiVersion,
      kind: "MeshCluster",
      metadata: { name: `cluster-${index}` },
      spec: { access: { context } },
    }),
  );
  const mesh = meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" } });
  const { observed, problems } = await withTargets({ mesh, clusters: declared }, ways, (targets) =>
    observe(targets, { signal, timeout: patience }),
  );
  const clusters = contexts.map((context, index) => {
    const cluster = observed.clusters.get(`cluster-${index}`);
    const gateway = cluster === undefined ? undefined : otherGateway(cluster, mesh);
    return { context, ...(gateway === undefined ? {} : { gateway }) };
  });
  return { clusters, problems };
}

const eastWestPort = 15443;

/** The gateway of a cluster that has none by the default selector: a Service that has the port of east-west traffic. */
function otherGateway(cluster: ObservedCluster, mesh: Mesh): FoundCluster["gateway"] {
  const facts = istioCluster(cluster, { mesh });
  const { eastWestGateway } = meshClusterSchema.parse({
    apiVersion,
    kind: "MeshCluster",
    metadata: { name: "cluster" },
  }).spec;
  if (!("fault" in gatewayAddresses(facts, eastWestGateway, undefined))) return undefined;
  const services = [...facts.services.values()].filter(
    ({ spec }) => spec.ports?.some(({ port }) => port === eastWestPort) && Object.keys(spec.selector ?? {}).length > 0,
  );
  const [service] = services.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  if (service === undefined) return undefined;
  const { istio, ...others } = service.spec.selector ?? {};
  return { namespace: service.metadata.namespace ?? "default", selector: istio === undefined ? others : { istio } };
}

function nameOf({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}
