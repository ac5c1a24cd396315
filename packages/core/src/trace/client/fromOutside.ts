import { say } from "../../findings/index.ts";
import { apiListeners } from "../../istio/gatewayApi/index.ts";
import { type IstioCluster, isCoveredBy, type Payload, showHostPort } from "../../istio/index.ts";
import { isIp } from "../../istio/registry/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import { addressOwner } from "../addressOwner.ts";
import type { Attempt, ClientStep, Destination, PublicService } from "../attempt.ts";
import { notFollowed } from "../gatewayApi/notFollowed.ts";
import { broken, passed, unsure } from "../hop.ts";
import type { OutsideRequest } from "../traceRequest.ts";
import type { PassedHop, TraceHop } from "../traceResult.ts";
import type { TraceWorld } from "../traceWorld.ts";
import { closeness, type OutsideEntry, outsideEntries } from "./outsideEntries.ts";

const source = "https://istio.io/latest/docs/tasks/traffic-management/ingress/ingress-control/";

const client = passed({ name: "client", detail: "the client runs outside of the clusters", source });

/**
 * Where a client outside comes in. An address is looked up. A name of the world's DNS is taken to lead to a gateway that has
 * a server for it, of those that can be called from outside at the port: the closest host name counts, as it would be
 * pointless to point the name elsewhere.
 */
export function fromOutside(world: TraceWorld, { from, url }: OutsideRequest, payload: Payload): readonly ClientStep[] {
  if (from.cluster !== undefined && !world.clusters.has(from.cluster)) {
    return [ended([client], `cluster ${from.cluster} cannot be read`)];
  }
  if (from.connectTo !== undefined) {
    const { address, port } = from.connectTo;
    const detail = `the client connects to ${showHostPort(address, port)}, whatever its DNS says of ${url.host}`;
    const destination = { kind: "address", address, port, isHostname: false } as const;
    return [
      attempt(payload, destination, { probability: 1, hops: [client, passed({ name: "name", detail, source })] }),
    ];
  }
  const host = url.host.replace(/^\[|\]$/g, "");
  if (isIp(host) || addressOwner(world, undefined, host, url.port) !== undefined) {
    const destination = { kind: "address", address: host, port: url.port, isHostname: false } as const;
    const hop = passed({ name: "name", detail: `${host} is an address`, source });
    return [attempt(payload, destination, { probability: 1, hops: [client, hop] })];
  }
  const asked = [...world.clusters.values()].filter(({ name }) => from.cluster === undefined || name === from.cluster);
  const all = asked.flatMap((cluster) =>
    outsideEntries(
      cluster,
      url.port,
      world.declared.find(({ metadata }) => metadata.name === cluster.name),
    ),
  );
  const ranked = all.map((entry) => ({ entry, rank: closeness(entry, host) }));
  const best = ranked.reduce((found, { rank }) => Math.max(found, rank), 0);
  const isNamed = best >= 1;
  if (!isNamed && from.cluster === undefined && world.unreadable.length > 0) {
    const why = `${host} may lead to ${world.unreadable.join(", ")}, which cannot be read`;
    return [ended([client, unsure({ name: "name", detail: why, source })], why)];
  }
  const pending = isNamed ? undefined : withoutService(asked, host, url.port);
  if (pending !== undefined) return [ended([client, pending], pending.detail)];
  const entries = ranked.filter(({ rank }) => rank === best).map(({ entry }) => entry);
  if (entries.length === 0) return [nowhere(asked.map(({ name }) => name).sort(), host, url.port)];
  return entries.map((entry) => enter(payload, entry, { host, share: 1 / entries.length, isNamed }));
}

function enter(
  payload: Payload,
  { cluster, service, port, how }: OutsideEntry,
  { host, share, isNamed }: { readonly host: string; readonly share: number; readonly isNamed: boolean },
): ClientStep {
  const object = clusterObject(cluster.name, service);
  const where = `Service ${object.namespace}/${object.name}`;
  const hop = { name: "name", cluster: cluster.name, object, source } as const;
  if (how === undefined) {
    const why = `${where} has no address outside that we read: whether anything leads to it cannot be told`;
    return { ...ended([client, unsure({ ...hop, field: "spec.type", detail: why })], why), probability: share };
  }
  const why = isNamed ? "whose gateways have a server for it" : "though no gateway has a server for it";
  const assumes = [{ about: "name", detail: `${host} leads to ${where}` }] as const;
  const at = passed({ ...hop, assumes, detail: `${host} is ${where}, ${why}` });
  const destination: PublicService = { kind: "public service", cluster: cluster.name, service, port, how };
  return attempt(payload, destination, { probability: share, hops: [client, at] });
}

function attempt(
  payload: Payload,
  destination: Destination | PublicService,
  { probability, hops }: { readonly probability: number; readonly hops: readonly TraceHop[] },
): Attempt {
  return {
    kind: "attempt",
    probability,
    pick: "outside",
    hosts: 1,
    retries: undefined,
    proxied: "no",
    caller: { workload: undefined, trustRoots: [] },
    destination,
    transport: { mode: "none" },
    payload,
    hops,
  };
}

/** A Gateway of the Gateway API that has the name, and whose Service istiod has yet to make. */
function withoutService(clusters: readonly IstioCluster[], host: string, port: number): PassedHop | undefined {
  for (const cluster of clusters) {
    for (const { gateway, listener, services, index, isManaged } of apiListeners(cluster)) {
      const { namespace = "default" } = gateway.metadata;
      const isThere = cluster.in("Service", namespace).some(({ metadata }) => services.includes(metadata.name));
      if (!isManaged || isThere || listener.port !== port || !isCoveredBy(host.toLowerCase(), listener.hostname ?? "*"))
        continue;
      const why = `its Service ${services.map((name) => `${namespace}/${name}`).join(", ")} is not there (yet)`;
      const object = clusterObject(cluster.name, gateway);
      return notFollowed({ cluster, object, field: `spec.listeners[${index}]`, why }, "name");
    }
  }
  return undefined;
}

function nowhere(clusters: readonly string[], host: string, port: number): ClientStep {
  const hop = broken({
    name: "name",
    code: "TRACE_HOST_UNKNOWN",
    detail: say`${{ host }} leads nowhere: no Service of a gateway in ${{ clusters }} has port ${{ port }}`,
    fix: say`Give the gateway's Service port ${{ port }}, or call a port that it has.`,
    source,
  });
  return { kind: "ended", probability: 1, hops: [client, hop], outcome: { kind: "no-such-host" } };
}

function ended(hops: readonly TraceHop[], why: string): Extract<ClientStep, { kind: "ended" }> {
  return { kind: "ended", probability: 1, hops, outcome: { kind: "unknown", why } };
}
