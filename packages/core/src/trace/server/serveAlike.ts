import {
  fingerprintsOf,
  type IstioCluster,
  type Made,
  type Memo,
  memoisedBy,
  recalled,
  type Workload,
} from "../../istio/index.ts";
import { isSame } from "../../world/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import type { Arrival } from "./arrival.ts";
import { serveAtPod } from "./serveAtPod.ts";

/**
 * What a pod does with a connection, found once for all that come to it alike: through a gateway the callers of all clusters send a
 * service the same. Each then has the hops of its own way before.
 */
export function serveAlike(
  arrival: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  port: number,
): readonly TraceBranch[] {
  // What is wrong with TLS in TLS is told by what came before.
  if (arrival.payload.kind === "tls") return serveAtPod(arrival, cluster, workload, port);
  const alone = { ...arrival, probability: 1, hops: [] };
  const known = servedAt(portsOf(cluster, workload), port);
  const branches = recalled(known, alone, () => serveAtPod(alone, cluster, workload, port));
  return branches.map((branch) => ({
    ...branch,
    probability: arrival.probability * branch.probability,
    hops: [...arrival.hops, ...branch.hops],
  }));
}

const portsOf = memoisedBy((cluster: IstioCluster, workload: Workload) => ({ cluster, workload }));

const servedAt = memoisedBy(({ cluster }: ReturnType<typeof portsOf>, _: number) => new Served(cluster));

/** Connections that came to a port of a pod, and what became of them. */
class Served implements Memo<Arrival> {
  readonly #cluster: IstioCluster;
  readonly #known: { readonly arrival: Arrival; made: Made }[] = [];

  constructor(cluster: IstioCluster) {
    this.#cluster = cluster;
  }

  get(arrival: Arrival): Made | undefined {
    return this.#find(arrival)?.made;
  }

  set(arrival: Arrival, made: Made): void {
    const found = this.#find(arrival);
    if (found === undefined) this.#known.push({ arrival, made });
    else found.made = made;
  }

  #find(arrival: Arrival) {
    return this.#known.find((each) => isAlike(each.arrival, arrival, this.#cluster));
  }
}

/** In all that a pod, and the proxy in it, sees of a connection. */
function isAlike(left: Arrival, right: Arrival, cluster: IstioCluster): boolean {
  const [one, other] = [left.attempt, right.attempt];
  return (
    isSame(left.transport, right.transport) &&
    isSame(left.payload, right.payload) &&
    left.sourceAddress === right.sourceAddress &&
    one.proxied === other.proxied &&
    isSame(one.caller.trustRoots, other.caller.trustRoots) &&
    // Where not both sides tell what they trust, it matters which clusters they are.
    (one.caller.workload?.cluster === other.caller.workload?.cluster ||
      (one.caller.trustRoots.length > 0 && fingerprintsOf(cluster).length > 0))
  );
}
