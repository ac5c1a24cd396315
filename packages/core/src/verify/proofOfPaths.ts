import type { DeclaredPath } from "../model/compiled.ts";
import { consumerHops } from "./consumerHops.ts";
import { outwardHops } from "./outwardHops.ts";
import type { Hop, PathProof, ProofStatus } from "./pathProof.ts";
import { ProofContext, type ProofInput } from "./proofContext.ts";
import { inwardHops, serverHops } from "./serverHops.ts";
import { trustHop } from "./trustHop.ts";

/**
 * For each declared path whether everything it needs is in place and consistent, hop by hop as a call would go. It proves
 * what is written down in the clusters, not that packets pass: a firewall, or a proxy that has not got its
 * configuration yet, does not show here. In the order of `compiled.paths`.
 */
export function proofOfPaths(input: ProofInput): readonly PathProof[] {
  const context = new ProofContext(input);
  return input.compiled.paths.map((path) => {
    const hops = [...declarationHop(path, context), ...hopsOf(path, context)];
    return { path, hops, verdict: worst(hops) };
  });
}

function hopsOf(path: DeclaredPath, context: ProofContext): readonly Hop[] {
  switch (path.direction) {
    case "across": {
      const trust = trustHop(path.consumer.cluster, path.server.cluster, context);
      return [...consumerHops(path, context), trust, ...serverHops(path, context)];
    }
    case "out":
      return [...consumerHops(path, context), ...outwardHops(path, context)];
    case "in":
      return inwardHops(path, context);
  }
}

/** Only where something is amiss: what it needs is then not known in full. */
function declarationHop({ owner }: DeclaredPath, { held }: ProofContext): readonly Hop[] {
  const reason = held.get(owner);
  return reason === undefined ? [] : [{ name: "declaration", status: "unknown", detail: reason }];
}

function worst(hops: readonly Hop[]): ProofStatus {
  if (hops.some(({ status }) => status === "broken")) return "broken";
  return hops.some(({ status }) => status === "unknown") ? "unknown" : "ok";
}
