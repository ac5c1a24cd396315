import type { Sentence } from "../findings/index.ts";
import type { IstioCluster } from "../istio/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import { makeProblem, type Problem, type ProblemCode } from "../problem.ts";

export type LintCode = Extract<ProblemCode, `LINT_${string}`>;

/** One thing that an object may be good for nothing by. What istiod makes of the object it asks of `istio/`. */
export interface LintRule {
  readonly code: LintCode;
  /** Kinds on which its answer rests: where one of them cannot be seen, nothing is said. */
  readonly needs: readonly string[];
  /** Why it cannot tell what it looks for in a cluster, although it sees these kinds. */
  readonly untold?: (cluster: IstioCluster) => string | undefined;
  /** `all`: every cluster, since names of others may lead to them. */
  find(cluster: IstioCluster, all: ReadonlyMap<string, IstioCluster>): readonly Problem[];
}

/** A finding at an object of a cluster, or a field of it. */
export function finding(
  code: LintCode,
  { name: cluster }: IstioCluster,
  object: Pick<KubeObject, "kind" | "metadata">,
  { field, message, hint }: { readonly field?: string; readonly message: Sentence; readonly hint: string },
): Problem {
  const { name, namespace } = object.metadata;
  return makeProblem({
    code,
    at: {
      cluster,
      kind: object.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(field === undefined ? {} : { field }),
    },
    message,
    hint,
  });
}
