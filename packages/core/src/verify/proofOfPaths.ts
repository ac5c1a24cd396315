import type { DeclaredPath } from "../model/compiled.ts";
import { consumerHops } from "./consumerHops.ts";
import type { Hop, PathProof, ProofStatus } from "./pathProof.ts";
import { ProofContext, type ProofInput } from "./proofContext.ts";
import { serverHops } from "./serverHops.ts";

/**
 * For each declared path whether everything it needs is in place and consistent, hop by hop as a call would go. It proves
 * what is written down in the clusters, not that packets pass: a firewall, or a proxy that has not got its
 * configuration yet, does not show here. In the order of `compiled.paths`.
 */
export function proofOfPaths(input: ProofInput): readonly PathProof[] {
  const context = new ProofContext(input);
  return input.compiled.paths.map((path) => {
    const hops = [
      ...declarationHop(path, context),
      ...consumerHops(path, context),
      trustHop(path, context),
      ...serverHops(path, context),
    ];
    return { path, hops, verdict: worst(hops) };
  });
}

/** Only where something is amiss: what it needs is then not known in full. */
function declarationHop({ owner }: DeclaredPath, { held }: ProofContext): readonly Hop[] {
  const reason = held.get(owner);
  return reason === undefined ? [] : [{ name: "declaration", status: "unknown", detail: reason }];
}

function trustHop({ consumer, server }: DeclaredPath, context: ProofContext): Hop {
  const rootsOf = (cluster: string) => context.facts(cluster)?.trustRoots.map(({ fingerprint }) => fingerprint) ?? [];
  const [ours, theirs] = [rootsOf(consumer.cluster), rootsOf(server.cluster)];
  if (consumer.cluster === server.cluster) return { name: "trust", status: "ok", detail: "the same cluster" };
  const unseen = ours.length === 0 ? consumer.cluster : theirs.length === 0 ? server.cluster : undefined;
  if (unseen !== undefined) return { name: "trust", status: "unknown", detail: `${unseen} does not publish its root` };
  const common = ours.find((fingerprint) => theirs.includes(fingerprint));
  return common === undefined
    ? { name: "trust", status: "broken", detail: "the two clusters trust no common root certificate" }
    : { name: "trust", status: "ok", detail: `both trust root ${common.slice(0, 12)}` };
}

function worst(hops: readonly Hop[]): ProofStatus {
  if (hops.some(({ status }) => status === "broken")) return "broken";
  return hops.some(({ status }) => status === "unknown") ? "unknown" : "ok";
}
