import type { DeclaredState, MeshStatus } from "@isthmus/engine";
import type { TestCase, TestSuite } from "./junit.ts";
import { problemSuites } from "./problemSuites.ts";

/**
 * A suite of the clusters, where one that was not read is an error, and of what is declared: a path that does not work is a failure, and
 * what cannot be told now an error.
 */
export function statusSuites(status: MeshStatus): readonly TestSuite[] {
  const { clusters, sharedServices, externalAccesses, externalServices, problems } = status;
  const declared = {
    SharedService: sharedServices,
    ExternalAccess: externalAccesses,
    ExternalService: externalServices,
  };
  const suites: readonly TestSuite[] = [
    {
      name: "clusters",
      cases: clusters.map(({ name, unreachable }) => ({
        ...{ name, classname: "MeshCluster" },
        ...(unreachable === undefined ? {} : { error: { text: unreachable } }),
      })),
    },
    ...Object.entries(declared).map(([kind, states]) => ({
      name: kind,
      cases: states.map((state) => declaredCase(kind, state)),
    })),
  ];
  return [...suites.filter(({ cases }) => cases.length > 0), ...problemSuites(problems)];
}

function declaredCase(kind: string, state: DeclaredState & { readonly name: string }): TestCase {
  const { works, broken, unknown, why = "" } = state.paths;
  const counts = `${state.state}; paths: ${works} work, ${broken} broken, ${unknown} unknown`;
  const text = [counts, why, state.reason ?? ""].filter((line) => line !== "").join("\n");
  const isUntold = unknown > 0 || state.state === "pending";
  return {
    ...{ name: state.name, classname: kind },
    ...(broken > 0 ? { failure: { text } } : isUntold ? { error: { text } } : { output: text }),
  };
}
