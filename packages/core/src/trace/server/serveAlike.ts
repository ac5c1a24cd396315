import { fingerprintsOf, type IstioCluster, memoisedBy, type Workload } from "../../istio/index.ts";
import { isSame } from "../../world/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import type { Arrival } from "./arrival.ts";
import { serveAtPod } from "./serveAtPod.ts";

/** A connection that came to a pod, without its way there, and what became of it from there. */
interface Served {
  readonly arrival: Arrival;
  readonly branches: readonly TraceBranch[];
}

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
  const known = servedAt(portsOf(cluster, workload), port);
  let found = known.find((each) => isAlike(each.arrival, arrival, cluster));
  if (found === undefined) {
    const alone = { ...arrival, probability: 1, hops: [] };
    found = { arrival: alone, branches: serveAtPod(alone, cluster, workload, port) };
    known.push(found);
  }
  return found.branches.map((branch) => ({
    ...branch,
    probability: arrival.probability * branch.probability,
    hops: [...arrival.hops, ...branch.hops],
  }));
}

const portsOf = memoisedBy((cluster: IstioCluster, workload: Workload) => ({ cluster, workload }));

const servedAt = memoisedBy((_: ReturnType<typeof portsOf>, __: number): Served[] => []);

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
