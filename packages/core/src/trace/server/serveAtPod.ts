import { type InboundChain, type InboundPort, inboundChain, inboundPort, sniOf } from "../../istio/inbound/index.ts";
import { capturesInbound, type IstioCluster, type Workload, workloadObject } from "../../istio/index.ts";
import { type Caller, mutualTlsMode, type PeerMode } from "../../istio/policy/index.ts";
import { isHttp2, isMachine, isTls, parseProtocol } from "../../istio/registry/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { Assumption } from "../assumption.ts";
import { unfollowedChange } from "../extensions/unfollowedChange.ts";
import { inAmbient } from "../gatewayApi/ambient.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, ended, failedConnection, passed, show, untold } from "./arrival.ts";
import { checkIdentity } from "./checkIdentity.ts";
import { checkPolicies } from "./checkPolicies.ts";
import { protectionOf } from "./showConnection.ts";
import { takeArrivedPath } from "./takeArrivedPath.ts";
import { tlsInTls } from "./tlsInTls.ts";

const inboundSource = "pilot/pkg/networking/core/listener_inbound.go";

/** A connection at a port of a pod that serves an app: its sidecar, if it has one, then the app. */
export function serveAtPod(
  arrival: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  port: number,
): readonly TraceBranch[] {
  const where = `${workload.namespace}/${workload.name}`;
  const noun = isMachine(workload) ? "machine" : "pod";
  const hop = {
    name: "destination" as const,
    cluster: cluster.name,
    object: workloadObject(workload),
    source: inboundSource,
  };
  const ambient = inAmbient(cluster, workload, "destination");
  if (ambient !== undefined) return untold(arrival, ambient);
  if (workload.proxy === "none" || !capturesInbound(workload, port)) {
    const why = workload.proxy === "none" ? "has no sidecar" : `keeps port ${port} from its sidecar`;
    const at = passed(arrival, {
      ...hop,
      wire: protectionOf(arrival),
      detail: `${noun} ${where} ${why}: the app takes port ${port} itself`,
    });
    const found = inboundPort(cluster, workload, port);
    const inbound = { ...found, appPort: port, object: workload.proxy === "none" ? found.object : undefined };
    return serveByApp(at, cluster, workload, inbound);
  }
  const inbound = inboundPort(cluster, workload, port);
  const isHttp = inbound.protocol === "http" || arrival.payload.kind === "http";
  const change = unfollowedChange({ cluster, workload, context: "SIDECAR_INBOUND", port, isHttp }, "destination");
  if (change !== undefined) return untold(arrival, change);
  const mode = mutualTlsMode(cluster, workload, port);
  const served = inbound.declared ?? (inbound.object === undefined ? "whatever it is" : "HTTP or TCP, as it looks");
  const at = passed(arrival, {
    ...hop,
    wire: protectionOf(arrival),
    detail: `the sidecar of ${noun} ${where} serves port ${port} as ${served}${inbound.object === undefined ? ", since no Service has it" : ""}`,
  });
  const chain = inboundChain(mode.mode, inbound.protocol, at);
  if (chain === undefined) return refusedByMode(at, cluster, workload, { port, mode });
  const terminated = endTls(at, cluster, workload, { port, mode, chain });
  if ("branches" in terminated) return terminated.branches;
  const { payload } = terminated.arrival;
  if (chain.protocol === "http" && payload.kind !== "http") {
    const fault = {
      ...hop,
      ...(inbound.object === undefined
        ? {}
        : { object: clusterObject(cluster.name, inbound.object), field: "spec.ports" }),
      code: "TRACE_PROTOCOL_MISMATCH" as const,
      detail: `the sidecar of ${noun} ${where} serves port ${port} as ${served}, and what is spoken is ${payload.kind === "tls" ? "TLS" : "not HTTP"}`,
      fix: "Name the Service's port as what it carries: tls-…, https-… or tcp-….",
    };
    return broken(terminated.arrival, fault, failedConnection(arrival, "UC"));
  }
  const taken =
    chain.protocol === "http" ? takeArrivedPath(terminated.arrival, cluster, workload, "destination") : terminated;
  if ("branches" in taken) return taken.branches;
  const checked = checkPolicies(taken.arrival, {
    cluster,
    workload,
    port,
    protocol: chain.protocol,
    caller: chain.endsTls ? identityOf(at) : { kind: "nobody" },
    sni: sniOf(at) ?? "",
    saysNothingAsked: true,
  });
  return "branches" in checked ? checked.branches : serveByApp(checked.arrival, cluster, workload, inbound);
}

function identityOf({ transport }: Arrival): Caller {
  const id = transport.mode === "ISTIO_MUTUAL" ? transport.clientIdentity : undefined;
  return id === undefined ? { kind: "nobody" } : { kind: "identity", id };
}

interface PortMode {
  readonly port: number;
  readonly mode: PeerMode;
}

function modeHop(cluster: IstioCluster, { mode }: PortMode) {
  return {
    name: "mutual TLS" as const,
    cluster: cluster.name,
    source: "pilot/pkg/networking/core/filterchain_options.go",
    ...(mode.policy === undefined ? {} : { object: clusterObject(cluster.name, mode.policy) }),
    ...(mode.field === undefined ? {} : { field: mode.field }),
  };
}

function sayMode({ mode, port }: PortMode): string {
  const by = mode.policy === undefined ? "by default" : `by ${show(mode.policy)}`;
  return `mutual TLS at port ${port} is ${mode.mode} ${by}`;
}

function refusedByMode(
  at: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  where: PortMode,
): readonly TraceBranch[] {
  const isPlain = at.transport.mode === "none";
  const strict = where.mode.mode === "STRICT";
  const came = isPlain && at.payload.kind !== "tls" ? "plain text" : "TLS that is not the mesh's";
  const fault = {
    ...modeHop(cluster, where),
    code: "TRACE_MUTUAL_TLS" as const,
    detail: `${sayMode(where)}, and the connection is ${came}: no filter chain takes it`,
    fix: strict
      ? `Let the caller speak mutual TLS (a sidecar, no DestinationRule with tls.mode DISABLE), or set PERMISSIVE for port ${where.port} of ${workload.namespace}/${workload.name}.`
      : `Let the caller use tls.mode ISTIO_MUTUAL, or name the Service's port as what it carries (https, tls or tcp).`,
  };
  return broken(at, fault, failedConnection(at, isPlain ? "UC" : "UF"));
}

type Terminated = { readonly arrival: Arrival } | { readonly branches: readonly TraceBranch[] };

function endTls(
  at: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  where: PortMode & { readonly chain: InboundChain },
): Terminated {
  const { chain, mode } = where;
  const hop = modeHop(cluster, where);
  if (chain.endsTls) {
    if (at.transport.mode === "none") {
      // The caller's own TLS: an application's client has no certificate of the mesh.
      const fault = {
        ...hop,
        code: "TRACE_CLIENT_CERTIFICATE" as const,
        detail: `${sayMode(where)}, and the client's own TLS has no certificate of the mesh`,
        fix: "Let the client speak plain text to its sidecar, which adds mutual TLS.",
      };
      return { branches: broken(at, fault, { kind: "reset" }) };
    }
    const ok = passed(at, { ...hop, detail: `${sayMode(where)}, and the connection is mutual TLS` });
    const checked = checkIdentity(ok, cluster, workload, { checksTrustDomain: true });
    if ("branches" in checked) return checked;
    return { arrival: { ...checked.arrival, transport: { mode: "none" } } };
  }
  if (chain.protocol === "http" && (at.transport.mode !== "none" || at.payload.kind === "tls")) {
    const fault = {
      ...hop,
      code: "TRACE_MUTUAL_TLS" as const,
      detail: `${sayMode(where)}, so that HTTP is expected in plain text, and the connection is TLS`,
      fix:
        mode.policy === undefined
          ? "Let the caller speak plain text to this port."
          : `Let the caller speak plain text (tls.mode DISABLE), or take back DISABLE in ${show(mode.policy)}.`,
    };
    return { branches: broken(at, fault, failedConnection(at, "UF")) };
  }
  return { arrival: passed(at, { ...hop, detail: `${sayMode(where)}, and the connection is taken as it is` }) };
}

function serveByApp(
  arrival: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  { appPort: port, declared, object }: InboundPort,
): readonly TraceBranch[] {
  const { namespace, name } = workload;
  const where = `${namespace}/${name}`;
  const noun = isMachine(workload) ? "machine" : "pod";
  const hop = {
    name: "application" as const,
    cluster: cluster.name,
    object: workloadObject(workload),
    source: "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container",
  };
  if (arrival.transport.mode === "ISTIO_MUTUAL") {
    const fault = {
      ...hop,
      code: "TRACE_NO_SIDECAR" as const,
      detail: `the connection is mutual TLS of the mesh, and nothing at port ${port} of ${noun} ${where} speaks it`,
      fix: `Give ${where} a sidecar, or let callers speak plain text to it: tls.mode DISABLE for its host, and no tlsMode label.`,
    };
    return broken(arrival, fault, failedConnection(arrival, "UF"));
  }
  const wrapped = tlsInTls(arrival, { cluster: cluster.name, who: `the app of pod ${where}` });
  if (wrapped !== undefined) return wrapped;
  const protocol = parseProtocol(declared);
  const isEncrypted = arrival.transport.mode !== "none" || arrival.payload.kind === "tls";
  if (!isEncrypted && arrival.payload.kind === "http" && isTls(protocol)) {
    const why = `port ${port} of pod ${where} is declared as ${declared}, and what comes is plain text: whether the app takes it is not to be seen`;
    const about = object === undefined ? {} : { object: clusterObject(cluster.name, object), field: "spec.ports" };
    return ended(passed(arrival, { ...hop, ...about, detail: why }, "unknown"), { kind: "unknown", why });
  }
  if (isEncrypted && !isTls(protocol)) {
    const why = `whether the app at port ${port} of ${noun} ${where} speaks TLS is not to be seen`;
    return ended(passed(arrival, { ...hop, detail: why }, "unknown"), { kind: "unknown", why });
  }
  const isUpgraded = workload.proxy === "sidecar" && isHttp2(protocol);
  const spoken =
    arrival.payload.kind === "http" ? (arrival.payload.clientVersion ?? arrival.payload.version) : undefined;
  const about = object === undefined ? {} : { object: clusterObject(cluster.name, object), field: "spec.ports" };
  if (isUpgraded && object !== undefined && spoken === "http1") {
    // The inbound cluster of such a port is HTTP/2 (cluster_builder.go, setH2Options).
    const why = `${show(object)} names port ${port} ${declared}, so that the sidecar speaks HTTP/2 to the app of ${noun} ${where}, and whether the app does is not to be seen`;
    return ended(passed(arrival, { ...hop, ...about, detail: why }, "unknown"), { kind: "unknown", why });
  }
  // What a WorkloadEntry says of ports is where to call, not what listens.
  const containerPorts = isMachine(workload) ? [] : workload.ports.map(({ containerPort }) => containerPort);
  if (containerPorts.length > 0 && !containerPorts.includes(port)) {
    const why = `no container of ${noun} ${where} declares port ${port}, only ${containerPorts.join(", ")}: whether the app listens there is not to be seen`;
    return ended(passed(arrival, { ...hop, ...about, detail: why }, "unknown"), { kind: "unknown", why });
  }
  const assumes = containerPorts.length > 0 ? [] : [listening(workload, port)];
  const at = passed(arrival, {
    ...hop,
    ...(assumes.length === 0 ? {} : { ...about, assumes }),
    detail: `the app of ${noun} ${where} takes it at port ${port}`,
  });
  return ended(at, { kind: "answered", by: { type: "workload", cluster: cluster.name, namespace, name, port } });
}

/** A pod that lists no ports says nothing of them, and a machine never does. */
function listening(workload: Workload, port: number): Assumption {
  const where = `${workload.namespace}/${workload.name}`;
  const detail = isMachine(workload)
    ? `machine ${where} runs and listens on port ${port}`
    : `${where} listens on port ${port}`;
  return { about: "application", detail };
}
