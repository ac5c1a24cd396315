import type { GatewayChain, GatewayPod, PassthroughTarget } from "../../istio/gateway/index.ts";
import { mutualTlsMode } from "../../istio/policy/index.ts";
import {
  endpointsOf,
  type MeshEndpoint,
  type MeshService,
  nodeLocalField,
  onOwnNode,
  resolved,
} from "../../istio/registry/index.ts";
import { destinationRuleFor, effectivePolicy } from "../../istio/scope/index.ts";
import { acrossNetworks, subsetEndpoints } from "../../istio/upstream/index.ts";
import { clusterObject, showClusterObject } from "../../kinds/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import { destinationOf } from "../upstream/openUpstream.ts";
import { type Arrival, broken, ended, failedConnection, passed, sentOn, share, show, untold } from "./arrival.ts";
import type { GatewayVisit } from "./gatewayVisit.ts";

const source = "pilot/pkg/xds/endpoints/ep_filters.go";

/**
 * AUTO_PASSTHROUGH: the connection goes on as it is to an endpoint of the service that its SNI names. Only endpoints that take
 * mutual TLS count (EndpointsWithMTLSFilter, Istio 1.20 and later).
 */
export function passThrough(
  arrival: Arrival,
  visit: GatewayVisit,
  { server, target }: Extract<GatewayChain, { kind: "auto" }>,
): readonly TraceBranch[] {
  const { cluster, workload } = visit;
  const { service, port, subset } = target;
  const hop = { name: "passthrough" as const, cluster: cluster.name, source };
  const { endpoints, isComplete } = endpointsOf(cluster, service, port);
  const placed = subsetOf(visit, target);
  const { endpoints: inSubset, untold: hidden } = subsetEndpoints(endpoints, placed?.subset.labels);
  if (hidden !== undefined && placed !== undefined) {
    const why = `whether endpoints of ${service.host} belong to subset ${subset} cannot be told (${hidden})`;
    const about = { object: clusterObject(cluster.name, placed.from), field: `${placed.field}.labels` };
    return untold(arrival, { ...hop, ...about, detail: why, status: "unknown" });
  }
  const near = onOwnNode(cluster, service, {
    caller: workload,
    endpoints: inSubset.filter(({ isHealthy }) => isHealthy),
  });
  if (!near.isTold || (near.endpoints.length === 0 && inSubset.some(({ isHealthy }) => isHealthy))) {
    return otherNodes(arrival, visit, { service, isTold: near.isTold });
  }
  const found = resolved(cluster, service, { namespace: workload.namespace, endpoints: near.endpoints });
  // Of those that have no address it is told where they are called.
  const healthy = acrossNetworks(cluster, workload, found.length > 0 ? found : near.endpoints);
  const usable = healthy.filter((each) => takesMutualTls(visit, target, each));
  if (usable.length === 0) {
    if (!isComplete) {
      const why = `${show(service.object)} has no selector, and its EndpointSlices are not read`;
      return ended(
        passed(arrival, { ...hop, object: clusterObject(cluster.name, service.object), detail: why }, "unknown"),
        {
          kind: "unknown",
          why,
        },
      );
    }
    return noEndpoint(arrival, visit, { target, endpoints, inSubset, healthy });
  }
  const total = usable.reduce((sum, { weight }) => sum + weight, 0);
  const name = subset === undefined ? service.host : `subset ${subset} of ${service.host}`;
  const at = passed(sentOn(arrival, workload), {
    ...hop,
    object: clusterObject(cluster.name, server.gateway),
    detail: `passes it through to port ${port.number} of ${name}: ${usable.length} of ${endpoints.length} endpoints take mutual TLS`,
  });
  return usable.flatMap((endpoint) => visit.forward(share(at, endpoint.weight / total), destinationOf(endpoint)));
}

/** A Service for the callers of its pods' own nodes has nothing for a gateway on another. */
function otherNodes(
  arrival: Arrival,
  { cluster, workload }: GatewayPod,
  { service, isTold }: { readonly service: MeshService; readonly isTold: boolean },
): readonly TraceBranch[] {
  const hop = {
    name: "passthrough" as const,
    cluster: cluster.name,
    object: clusterObject(cluster.name, service.object),
    field: nodeLocalField,
    source: "pilot/pkg/xds/endpoints/endpoint_builder.go",
  };
  const gateway = `gateway ${workload.namespace}/${workload.name}`;
  const only = `${show(service.object)} is for pods of the caller's own node (internalTrafficPolicy Local)`;
  if (!isTold) {
    const detail = `${only}, and which node ${gateway} or its pods are on is not known`;
    return untold(arrival, { ...hop, detail, status: "unknown" });
  }
  const fault = {
    ...hop,
    code: "TRACE_GATEWAY_ENDPOINTS" as const,
    detail: `${only}, and has none on that of ${gateway}`,
    fix: "Set internalTrafficPolicy: Cluster, or pass through to a Service without it that selects the same pods.",
  };
  return broken(arrival, fault, failedConnection(arrival, "UF"));
}

function subsetOf({ cluster, workload }: GatewayPod, { service, subset }: PassthroughTarget) {
  if (subset === undefined) return undefined;
  return destinationRuleFor(cluster, workload, service)?.subsets.find((each) => each.subset.name === subset);
}

/**
 * pilot/pkg/xds/endpoints: the label must be there, whatever a DestinationRule says (buildEnvoyLbEndpoint), and the rule's mode,
 * or without a rule the port's own, must not be against it (mtls_checker.go).
 */
function takesMutualTls(pod: GatewayPod, target: PassthroughTarget, endpoint: MeshEndpoint): boolean {
  return whyNotMutual(pod, target, endpoint) === undefined;
}

/** What keeps an endpoint from mutual TLS; undefined where nothing does. */
function whyNotMutual(pod: GatewayPod, { service, port, subset }: PassthroughTarget, endpoint: MeshEndpoint) {
  const { cluster } = pod;
  if (endpoint.tlsMode !== "istio") {
    const { object, field } = endpoint;
    return {
      object,
      ...(field === undefined ? {} : { field: `${field}.labels` }),
      why: `${showClusterObject(object)} lacks label security.istio.io/tlsMode: istio`,
      fix:
        object.kind === "Pod"
          ? `Give the pods of ${show(service.object)} a sidecar.`
          : `Give the endpoint the label security.istio.io/tlsMode: istio, or pass through to the Service itself.`,
    };
  }
  const rule = destinationRuleFor(pod.cluster, pod.workload, service);
  const placed = rule?.subsets.find((each) => each.subset.name === subset);
  const ofSubset = placed === undefined ? undefined : { policy: placed.subset.trafficPolicy, field: placed.field };
  const { policy, tlsField } = effectivePolicy(rule?.trafficPolicy, ofSubset, port.number);
  const mode = policy.tls?.mode;
  if (mode === "ISTIO_MUTUAL") return undefined;
  if (mode !== undefined && rule !== undefined) {
    const object = clusterObject(
      cluster.name,
      placed !== undefined && tlsField === placed.field ? placed.from : rule.policyFrom,
    );
    const field = `${tlsField}.tls.mode`;
    return {
      object,
      field,
      why: `${showClusterObject(object)} sets tls.mode ${mode} for them, where the gateway sees it`,
      fix: `Set ISTIO_MUTUAL in ${field} of ${showClusterObject(object)}, or remove its tls.`,
    };
  }
  const peer = mutualTlsMode(cluster, endpoint, endpoint.port);
  if (peer.mode !== "DISABLE" || peer.policy === undefined) return undefined;
  const object = clusterObject(cluster.name, peer.policy);
  return {
    object,
    ...(peer.field === undefined ? {} : { field: peer.field }),
    why: `${showClusterObject(object)} sets DISABLE for port ${endpoint.port}`,
    fix: `Set PERMISSIVE or STRICT in ${peer.field ?? "spec.mtls.mode"} of ${showClusterObject(object)}.`,
  };
}

interface Counted {
  readonly target: PassthroughTarget;
  readonly endpoints: readonly MeshEndpoint[];
  readonly inSubset: readonly MeshEndpoint[];
  readonly healthy: readonly MeshEndpoint[];
}

function noEndpoint(
  arrival: Arrival,
  pod: GatewayPod,
  { target, endpoints, inSubset, healthy }: Counted,
): readonly TraceBranch[] {
  const { cluster } = pod;
  const { service, port, subset } = target;
  const [first] = healthy;
  const what = show(service.object);
  const hindrance = first === undefined ? undefined : whyNotMutual(pod, target, first);
  const about =
    hindrance === undefined
      ? { object: clusterObject(cluster.name, service.object) }
      : { object: hindrance.object, ...(hindrance.field === undefined ? {} : { field: hindrance.field }) };
  const [detail, fix] =
    hindrance !== undefined
      ? [
          `${what} has ${healthy.length} endpoints for port ${port.number}, none of which takes mutual TLS: ${hindrance.why}`,
          hindrance.fix,
        ]
      : inSubset.length > 0
        ? [`none of the ${inSubset.length} pods of ${what} is ready`, `Look why the pods of ${what} are not ready.`]
        : endpoints.length > 0
          ? [
              `no endpoint of ${what} has the labels of subset ${subset}`,
              "Correct the labels of the DestinationRule's subset.",
            ]
          : [
              `${what} has no endpoint for port ${port.number}`,
              `Start pods that ${what} selects, or correct its selector or targetPort.`,
            ];
  const fault = {
    name: "passthrough" as const,
    cluster: cluster.name,
    source,
    ...about,
    code: "TRACE_GATEWAY_ENDPOINTS" as const,
    detail,
    fix,
  };
  return broken(arrival, fault, failedConnection(arrival, "UF"));
}
