import type { ServiceEntry } from "../kinds/istio.ts";
import type { OutwardPath } from "../model/compiled.ts";
import { gatewayHop } from "./gatewayHop.ts";
import type { Hop } from "./pathProof.ts";
import type { NeededObject, ProofContext } from "./proofContext.ts";
import { trustHop } from "./trustHop.ts";

/** The hops of a path that leaves the mesh, after those in the consuming cluster: through another's gateway where it is told so. */
export function outwardHops(path: OutwardPath, context: ProofContext): readonly Hop[] {
  const { owner, consumer, via } = path;
  if (via === undefined) return [outsideHop(path, context.needed(consumer.cluster, owner, "consumer"))];
  return [
    trustHop(consumer.cluster, via, context),
    gatewayHop(via, "eastWestGateway", context),
    exitHop(path, via, context),
    outsideHop(path, context.needed(via, owner, "server")),
  ];
}

/** The gateway knows the name, and who may use it. */
function exitHop({ owner, host }: OutwardPath, cluster: string, context: ProofContext): Hop {
  const base = { name: "exit", cluster } as const;
  if (context.facts(cluster) === undefined) return { ...base, status: "unknown", detail: `${cluster} cannot be read` };
  const needed = context.needed(cluster, owner, "server");
  const faults = needed.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) return { ...base, status: "broken", detail: faults.join("; ") };
  if (needed.length === 0) return { ...base, status: "unknown", detail: `nothing is known that lets ${host} out` };
  return { ...base, status: "ok", detail: `${needed.length} objects in place` };
}

/** Where the last proxy sends it: what is there is nobody's to see. */
function outsideHop({ host }: OutwardPath, needed: readonly NeededObject[]): Hop {
  const entries = needed.flatMap(({ live }) => (live?.kind === "ServiceEntry" ? [live as ServiceEntry] : []));
  const own = entries.filter(({ spec }) => spec.hosts.includes(host));
  const [entry] = own.length > 0 ? own : entries;
  if (entry === undefined) return { name: "outside", status: "unknown", detail: "no ServiceEntry says where it leads" };
  const { resolution, endpoints = [] } = entry.spec;
  if (resolution === "NONE")
    return { name: "outside", status: "ok", detail: "the address that the caller connects to" };
  const addresses = endpoints.flatMap(({ address }) => address ?? []);
  const detail =
    addresses.length === 0 ? `the addresses of ${host}, by DNS` : [...new Set(addresses)].sort().join(", ");
  return { name: "outside", status: "ok", detail };
}
