import { say } from "../../findings/index.ts";
import { hostOfAuthority, isCoveredBy, showHostPort, virtualAddress } from "../../istio/index.ts";
import { type MeshService, meshRegistry, type NamedAddress, overlookedServices } from "../../istio/registry/index.ts";
import type { ProxyScope } from "../../istio/scope/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { ClientStep } from "../attempt.ts";
import { hiddenHop, hiddenOf } from "../hiddenHop.ts";
import { broken, passed } from "../hop.ts";
import type { TraceHop, TraceOutcome } from "../traceResult.ts";
import { failure } from "../upstream/openUpstream.ts";
import { direct } from "./direct.ts";
import { ended, type Walk } from "./walk.ts";

export interface Unmatched {
  readonly scope: ProxyScope;
  /** What the name belongs to. */
  readonly service: MeshService | undefined;
  readonly isHttp: boolean;
  readonly detail: string;
}

/** PassthroughCluster or BlackHoleCluster: what no listener and no virtual host has. httproute.go, buildCatchAllVirtualHost */
export function unmatched(
  walk: Walk,
  address: NamedAddress,
  { scope, service, isHttp, detail }: Unmatched,
): readonly ClientStep[] {
  const { cluster, caller, request } = walk;
  const { port, host } = request.url;
  const base = { name: "listener", cluster: cluster.name, source: "pilot/pkg/networking/core/httproute.go" } as const;
  const isPortMissing = service?.ports.every(({ number }) => number !== port) === true;
  const object = service === undefined ? undefined : clusterObject(cluster.name, service.object);
  const hidden = hiddenOf(cluster, caller, service === undefined ? servicesNamed(walk) : [service]);
  if (scope.outboundTrafficPolicy === "REGISTRY_ONLY") {
    if (hidden !== undefined) {
      return [ended(walk, hiddenHop({ cluster, proxy: caller, ...hidden, called: host }), blackHole(isHttp))];
    }
    const setBy = scope.outboundTrafficPolicyOf;
    const hop = broken({
      ...base,
      ...(isPortMissing && object !== undefined
        ? { object, field: "spec.ports" }
        : setBy === undefined
          ? {
              object: {
                cluster: cluster.name,
                kind: "ConfigMap",
                namespace: cluster.settings.rootNamespace,
                name: "istio",
              },
              field: "data.mesh outboundTrafficPolicy",
            }
          : { object: clusterObject(cluster.name, setBy), field: "spec.outboundTrafficPolicy" }),
      code: isPortMissing ? "TRACE_PORT_UNDECLARED" : "TRACE_EGRESS_FORBIDDEN",
      detail: say`${{ detail }}: ${{ host: showHostPort(host, port) }} is not in the registry, and the mesh lets nothing else out (REGISTRY_ONLY)`,
      fix:
        isPortMissing && object !== undefined
          ? say`Add port ${{ port }} to ${{ object }}.`
          : say`Declare ${{ host }} and port ${{ port }} in a ServiceEntry.`,
    });
    return [ended(walk, hop, blackHole(isHttp))];
  }
  const isVirtual = address.workload === undefined && virtualAddress(cluster, address.address) !== undefined;
  if (service !== undefined && !service.isKubernetes && isVirtual) {
    return [
      ended(
        walk,
        nothingBehind(walk, { service, isHttp, isPortMissing, detail }),
        failure(isHttp ? "http" : "tcp", "UF"),
      ),
    ];
  }
  const why = hidden === undefined ? undefined : hiddenHop({ cluster, proxy: caller, ...hidden, called: host });
  const hop = passed({
    ...base,
    ...(why?.object === undefined
      ? {}
      : { object: why.object, ...(why.field === undefined ? {} : { field: why.field }) }),
    detail: `${detail}: passes through to where the client dialled (ALLOW_ANY)${why === undefined ? "" : `, in plain text, since ${why.detail}`}`,
  });
  return direct({ ...walk, hops: [...walk.hops, hop] }, address, isHttp ? "http" : "tcp");
}

/** BlackHoleCluster has no endpoint; HTTP gets an answer of the proxy's own (httproute.go, buildCatchAllVirtualHost). */
function blackHole(isHttp: boolean): TraceOutcome {
  return isHttp ? { kind: "refused", status: 502 } : { kind: "reset", responseFlag: "UH" };
}

/** What has the name that was called, where an address or the world's DNS gave the connection. */
function servicesNamed({ cluster, request, payload }: Walk): readonly MeshService[] {
  const known = meshRegistry(cluster);
  const others = overlookedServices(cluster);
  const names = [request.url.host, ...(payload.kind === "http" ? [hostOfAuthority(payload.authority)] : [])];
  for (const { byHost } of [known, others]) {
    const exact = names.flatMap((name) => byHost.get(name.toLowerCase()) ?? []);
    if (exact.length > 0) return exact;
  }
  return [...known.wildcards, ...others.wildcards].filter(({ host }) =>
    names.some((name) => isCoveredBy(name.toLowerCase(), host)),
  );
}

function nothingBehind(
  { cluster, request, payload }: Walk,
  found: {
    readonly service: MeshService;
    readonly isHttp: boolean;
    readonly isPortMissing: boolean;
    readonly detail: string;
  },
): TraceHop {
  const { service, isHttp, isPortMissing, detail } = found;
  const { port, scheme } = request.url;
  const object = clusterObject(cluster.name, service.object);
  const base = { name: "listener", cluster: cluster.name, object } as const;
  if (isPortMissing) {
    return broken({
      ...base,
      field: "spec.ports",
      code: "TRACE_PORT_UNDECLARED",
      detail: say`${{ object }} has no port ${{ port }}, and nothing is behind its virtual address`,
      fix: say`Call one of its ports ${{ ports: service.ports.map(({ number }) => number) }}, or add ${{ port }}.`,
      source: "pilot/pkg/networking/core/listener.go",
    });
  }
  if (isHttp) {
    return broken({
      ...base,
      field: "spec.hosts",
      code: "TRACE_HOST_UNKNOWN",
      detail: say`${{ detail }}: the Host header is none that ${{ object }} or a VirtualService has`,
      fix: say`Send one of ${{ host: service.host }} as Host, or declare ${payload.kind === "http" ? payload.authority : "it"} as well.`,
      source: "pilot/pkg/networking/core/httproute.go",
    });
  }
  const index = service.ports.findIndex(({ number }) => number === port);
  const protocol = service.ports[index]?.protocol;
  return broken({
    ...base,
    field: `spec.ports[${index}].protocol`,
    code: "TRACE_PROTOCOL_MISMATCH",
    detail: say`the client speaks ${{ scheme }} to a port that is declared as ${{ protocol }}: the sidecar lets it pass, and nothing is behind the virtual address`,
    fix: say`Declare the protocol that is spoken (${scheme === "https" ? "TLS" : "TCP"}), or speak ${{ protocol }}.`,
    source: "pilot/pkg/networking/core/listener.go",
  });
}
