import type { Hop } from "./pathProof.ts";
import type { ProofContext } from "./proofContext.ts";

/** Whether the two clusters trust a root certificate in common. */
export function trustHop(consumer: string, server: string, context: ProofContext): Hop {
  const rootsOf = (cluster: string) => context.facts(cluster)?.trustRoots.map(({ fingerprint }) => fingerprint) ?? [];
  const [ours, theirs] = [rootsOf(consumer), rootsOf(server)];
  if (consumer === server) return { name: "trust", status: "ok", detail: "the same cluster" };
  const unseen = ours.length === 0 ? consumer : theirs.length === 0 ? server : undefined;
  if (unseen !== undefined) return { name: "trust", status: "unknown", detail: `${unseen} does not publish its root` };
  const common = ours.find((fingerprint) => theirs.includes(fingerprint));
  return common === undefined
    ? { name: "trust", status: "broken", detail: "the two clusters trust no common root certificate" }
    : { name: "trust", status: "ok", detail: `both trust root ${common.slice(0, 12)}` };
}
