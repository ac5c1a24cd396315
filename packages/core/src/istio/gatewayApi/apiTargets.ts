import { type BackendRef, gatewayApiGroup, type HttpRouteFilter, type KubeObject } from "../../kinds/index.ts";
import { serviceHost } from "../hostNames.ts";
import type { HeaderChanges, WeightedTarget } from "../httpRoute.ts";
import type { IstioCluster } from "../istioCluster.ts";

export interface Backends {
  readonly refs: readonly (BackendRef & { readonly filters?: readonly HttpRouteFilter[] })[];
  /** In the mesh no ReferenceGrant is asked for. */
  readonly isMesh: boolean;
}

/** Where backends lead to (pilot/pkg/config/kube/gateway/conversion.go, buildDestination). A weight of 0 counts for nothing. */
export function apiTargets(
  cluster: IstioCluster,
  route: Pick<KubeObject, "kind" | "metadata">,
  { refs, isMesh }: Backends,
): readonly WeightedTarget[] {
  return refs
    .filter(({ weight }) => weight !== 0)
    .map((ref) => {
      const headers = headerChanges(ref.filters ?? []);
      return {
        destination: {
          host: hostOf(cluster, route, { ref, isMesh }),
          ...(ref.port === undefined ? {} : { port: { number: ref.port } }),
        },
        weight: ref.weight ?? 1,
        ...(headers === undefined ? {} : { headers: { request: headers } }),
      };
    });
}

/** Names that no host has where the backend is none that istiod takes: such a route answers with 500. */
function hostOf(
  cluster: IstioCluster,
  route: Pick<KubeObject, "kind" | "metadata">,
  { ref, isMesh }: { readonly ref: BackendRef; readonly isMesh: boolean },
): string {
  const { group = "", kind = "Service", name } = ref;
  const own = route.metadata.namespace ?? "default";
  const namespace = ref.namespace ?? own;
  if (group === "networking.istio.io" && kind === "Hostname") return name;
  if (!isMesh && namespace !== own && !isGranted(cluster, route, { ...ref, group, kind, namespace })) {
    return `${kind} ${namespace}/${name} (no ReferenceGrant)`;
  }
  if (group === "" && kind === "Service") return serviceHost(name, namespace, cluster.settings);
  return `${kind} ${namespace}/${name}`;
}

function isGranted(
  cluster: IstioCluster,
  { kind, metadata }: Pick<KubeObject, "kind" | "metadata">,
  ref: Required<Pick<BackendRef, "group" | "kind" | "namespace">> & BackendRef,
): boolean {
  return cluster
    .in("ReferenceGrant", ref.namespace)
    .some(
      ({ spec: { from = [], to = [] } }) =>
        from.some(
          (each) =>
            each.group === gatewayApiGroup &&
            each.kind === kind &&
            each.namespace === (metadata.namespace ?? "default"),
        ) &&
        to.some((each) => each.group === ref.group && each.kind === ref.kind && (each.name ?? ref.name) === ref.name),
    );
}

export function headerChanges(filters: readonly HttpRouteFilter[]): HeaderChanges | undefined {
  const found = filters.find(({ type }) => type === "RequestHeaderModifier")?.requestHeaderModifier;
  if (found === undefined) return undefined;
  const map = (list: readonly { readonly name: string; readonly value: string }[] = []) =>
    Object.fromEntries(list.map(({ name, value }) => [name, value]));
  return { set: map(found.set), add: map(found.add), remove: found.remove ?? [] };
}
