import type { MeshEndpoint } from "../registry/endpoints.ts";
import { matchTold, whyUntold } from "../topologyLabels.ts";

export interface SubsetEndpoints {
  readonly endpoints: readonly MeshEndpoint[];
  /** Why it is not to be seen of some endpoints whether they belong to the subset. */
  readonly untold: string | undefined;
}

/** Those with the labels of a subset (pilot/pkg/xds/endpoints/endpoint_builder.go, subsetLabels). */
export function subsetEndpoints(
  all: readonly MeshEndpoint[],
  labels: Readonly<Record<string, string>> = {},
): SubsetEndpoints {
  const hidden = all.find((each) => each.isHealthy && matchTold(labels, each) === undefined);
  return {
    endpoints: all.filter((each) => matchTold(labels, each) === true),
    untold: hidden === undefined ? undefined : whyUntold(labels, hidden),
  };
}
