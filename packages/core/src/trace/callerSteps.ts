import { say } from "../findings/index.ts";
import {
  type HttpPayload,
  type IstioCluster,
  type Payload,
  parseHostPort,
  showHost,
  showHostPort,
} from "../istio/index.ts";
import { tokenPlaceholder } from "../istio/policy/index.ts";
import { isIp } from "../istio/registry/index.ts";
import { clusterObject } from "../kinds/index.ts";
import type { Assumption } from "./assumption.ts";
import type { ClientStep } from "./attempt.ts";
import { dial } from "./client/dial.ts";
import { findCaller } from "./client/findCaller.ts";
import { fromOutside } from "./client/fromOutside.ts";
import { dnsSource, noSuchPod, notCaptured } from "./client/nameFaults.ts";
import { type Resolved, resolveName } from "./client/resolveName.ts";
import { ended, showAddress, type Walk } from "./client/walk.ts";
import { hiddenHop } from "./hiddenHop.ts";
import { broken, passed, unsure } from "./hop.ts";
import { isFromOutside, type TraceRequest, type TraceUrl, type WorkloadRequest } from "./traceRequest.ts";
import type { TraceWorld } from "./traceWorld.ts";

/** Everything that happens on the caller's side: DNS, its sidecar's listener, routes, policies and load balancing. */
export function callerSteps(world: TraceWorld, request: TraceRequest): readonly ClientStep[] {
  if (isFromOutside(request)) return fromOutside(world, request, payloadOf(request));
  const { from } = request;
  const cluster = world.clusters.get(from.cluster);
  if (cluster === undefined) {
    const why = `cluster ${from.cluster} cannot be read`;
    return [{ kind: "ended", probability: 1, hops: [], outcome: { kind: "unknown", why } }];
  }
  const caller = findCaller(cluster, from);
  if (caller === undefined) return [unknownCaller(cluster, request)];
  const object = { cluster: cluster.name, kind: "Pod", namespace: caller.namespace, name: caller.name };
  const client = passed({
    name: "client",
    cluster: cluster.name,
    object,
    detail:
      caller.proxy === "none"
        ? `${caller.name} has no sidecar: it calls by itself, in plain text`
        : `${caller.name} calls through its ${caller.proxy}, as ${caller.namespace}/${caller.serviceAccount}`,
    source: "pkg/kube/inject/inject.go",
  });
  const walk = {
    cluster,
    clusters: world.clusters,
    caller,
    request,
    payload: payloadOf(request),
    hops: [client],
    probability: 1,
    spreads: world.spreads === true,
  };
  return resolved(walk, resolveName(walk, from.resolved ?? request.url.host));
}

function payloadOf({ url, method, headers, claims, clientCertificate }: TraceRequest): Payload {
  const { host } = headers;
  const others = host === undefined ? headers : withoutHost(headers);
  const isPlaced = [url.path, ...Object.values(others)].some((text) => text.includes(tokenPlaceholder));
  const name = parseHostPort(url.host).host;
  const http: HttpPayload = {
    kind: "http",
    version: url.scheme === "grpc" ? "http2" : "http1",
    method,
    authority: host ?? authorityOf(url),
    path: url.path,
    headers: claims === undefined || isPlaced ? others : { authorization: `Bearer ${tokenPlaceholder}`, ...others },
    ...(claims === undefined ? {} : { claims }),
  };
  switch (url.scheme) {
    case "http":
    case "grpc":
      return http;
    case "https":
      // No client sends an IP address as SNI; curl offers both versions of HTTP.
      return {
        kind: "tls",
        sni: isIp(name) ? "" : name,
        alpn: ["h2", "http/1.1"],
        ...(clientCertificate === undefined ? {} : { clientNames: clientCertificate.subjectAltNames }),
        inner: http,
      };
    case "tcp":
      return { kind: "tcp" };
  }
}

/** What a client names in its request as whom it calls: without the port where that is the scheme's own. */
export function authorityOf({ scheme, host, port }: Pick<TraceUrl, "scheme" | "host" | "port">): string {
  const name = parseHostPort(host).host;
  return port === (scheme === "https" ? 443 : 80) ? showHost(name) : showHostPort(name, port);
}

function withoutHost({ host: _, ...others }: TraceRequest["headers"]): TraceRequest["headers"] {
  return others;
}

function unknownCaller(cluster: IstioCluster, { from }: WorkloadRequest): ClientStep {
  const known = [...new Set(cluster.workloadsIn(from.namespace).map(({ labels, name }) => labels.app ?? name))];
  const hop = broken({
    name: "client",
    cluster: cluster.name,
    code: "TRACE_CALLER_UNKNOWN",
    detail: say`namespace ${{ namespace: from.namespace }} has no workload ${{ workload: from.workload }}`,
    fix:
      known.length === 0
        ? say`Start a workload in namespace ${{ namespace: from.namespace }}.`
        : say`Name one of ${{ known: known.sort() }}.`,
    source: "https://kubernetes.io/docs/concepts/workloads/pods/",
  });
  const why = hop.detail;
  return { kind: "ended", probability: 1, hops: [hop], outcome: { kind: "unknown", why } };
}

function capturesDnsByDefault({ name }: IstioCluster): Assumption {
  return { about: "settings", detail: `sidecars in ${name} capture DNS (ConfigMap istio cannot be read)` };
}

function resolved(walk: Walk, found: Resolved): readonly ClientStep[] {
  const { cluster, request } = walk;
  const { host } = request.url;
  const isSaid = request.from.resolved !== undefined;
  const base = { name: "name", cluster: cluster.name, source: dnsSource } as const;
  switch (found.kind) {
    case "addresses": {
      const { addresses, service, by } = found;
      const share = walk.probability / addresses.length;
      return addresses.flatMap((address) => {
        const source = isSaid ? "the request" : by === "sidecar" ? "its sidecar" : by;
        const detail =
          by === "literal" && !isSaid ? `${host} is an address` : `${host} is ${showAddress(address)}, says ${source}`;
        const hop = passed({
          name: "name",
          cluster: cluster.name,
          detail,
          source: dnsSource,
          ...(service && { object: clusterObject(cluster.name, service.object) }),
          ...(by === "sidecar" && !cluster.settings.isKnown ? { assumes: [capturesDnsByDefault(cluster)] } : {}),
        });
        return dial({ ...walk, hops: [...walk.hops, hop], probability: share }, address, service);
      });
    }
    case "outside": {
      const hop = passed({
        ...base,
        assumes: [{ about: "name", detail: `${found.name} resolves` }],
        detail: `${found.name} is a name of the outside world`,
      });
      return dial({ ...walk, hops: [...walk.hops, hop] }, { address: found.name, workload: undefined }, undefined);
    }
    case "hidden": {
      const { service, hiding } = found;
      const hop = hiddenHop({ cluster, proxy: walk.caller, service, hiding, called: host });
      return [ended(walk, hop, { kind: "no-such-host" })];
    }
    case "not captured":
      return [notCaptured(walk, found.service)];
    case "untold":
      return [ended(walk, unsure({ ...base, detail: found.why }), { kind: "unknown", why: found.why })];
    case "none": {
      if (found.headless !== undefined) return [noSuchPod(walk, found.headless)];
      const hop = broken({
        ...base,
        code: "TRACE_HOST_UNKNOWN",
        detail: say`${{ host }} resolves nowhere: no Service and no ServiceEntry of ${{ cluster: cluster.name }} has it`,
        fix: say`Declare ${{ host }}: a Service of that name, or a ServiceEntry with the host; or fix the name.`,
      });
      return [ended(walk, hop, { kind: "no-such-host" })];
    }
  }
}
