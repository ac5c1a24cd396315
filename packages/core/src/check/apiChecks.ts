import { joinNames, say } from "../findings/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, judged, type MeshView, ofApiServer } from "./check.ts";

/** What Istio 1.22, the oldest that we support, asks for: https://istio.io/latest/docs/releases/supported-releases/ */
const oldestKubernetes = 27;

/** Milliseconds. istiod dates a workload's certificate back two minutes (security/pkg/util, ClockSkewGracePeriod); half of that. */
const largestSkew = 60_000;

export const apiChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "api-reachable",
    category: "api",
    title: "the API server answers",
    needs: [],
    run: ({ inspection }) => {
      if (inspection === undefined) return { skipped: "a directory of manifests has no API server" };
      return "problem" in inspection ? { problems: [inspection.problem] } : { ok: inspection.value.version };
    },
  },
  {
    scope: "cluster",
    name: "api-version",
    category: "api",
    title: "the API server's version is supported",
    needs: ["api-reachable"],
    run: ofApiServer(({ version }, { name }) => {
      const minor = Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
      if (Number.isNaN(minor) || minor >= oldestKubernetes) return { ok: version };
      return {
        problems: [
          makeProblem({
            code: "KUBERNETES_UNSUPPORTED",
            at: { cluster: name },
            message: say`the API server of ${{ name }} is ${{ version }}; supported is 1.${{ oldestKubernetes }} or later`,
            hint: "upgrade the cluster: Istio 1.22 does not run on older ones",
          }),
        ],
      };
    }),
  },
  {
    scope: "mesh",
    name: "api-distinct",
    category: "api",
    title: "each declared cluster is another one",
    needs: [],
    run: distinctClusters,
  },
  {
    scope: "mesh",
    name: "api-clock",
    category: "api",
    title: "the clocks agree",
    needs: [],
    run: agreeingClocks,
  },
];

/** By the uid of kube-system, which is what others take for a cluster's identity as well. */
function distinctClusters({ clusters }: MeshView) {
  const byUid = new Map<string, string[]>();
  for (const { name, facts, source } of clusters) {
    const uid = facts?.namespaces.get("kube-system")?.metadata.uid;
    if (uid !== undefined && source === "live") byUid.set(uid, [...(byUid.get(uid) ?? []), name]);
  }
  if (byUid.size === 0) return { skipped: "no API server was read" };
  const problems = [...byUid.values()]
    .filter((names) => names.length > 1)
    .map(
      (names): Problem =>
        makeProblem({
          code: "CLUSTER_DECLARED_TWICE",
          at: { kind: "MeshCluster", name: names[1] ?? "" },
          message: say`${{ names: joinNames(names) }} are the same cluster`,
          hint: "remove one, or give each its own context",
        }),
    );
  return judged(problems, `${byUid.size} of them`);
}

function agreeingClocks({ clusters }: MeshView) {
  const clocks = clusters
    .flatMap(({ name, inspected }) => (inspected?.clock === undefined ? [] : [{ name, ...inspected.clock }]))
    .sort((left, right) => left.ahead - right.ahead);
  const [slowest, fastest] = [clocks[0], clocks.at(-1)];
  if (slowest === undefined || fastest === undefined) return { skipped: "no API server tells its time" };
  const spread = fastest.ahead - slowest.ahead;
  const furthest = Math.abs(slowest.ahead) > Math.abs(fastest.ahead) ? slowest : fastest;
  const problems: Problem[] = [];
  if (spread - fastest.uncertainty - slowest.uncertainty > largestSkew) {
    problems.push(
      makeProblem({
        code: "CLOCK_SKEWED",
        at: { cluster: fastest.name },
        message: say`the clock of ${{ fastest: fastest.name }} is ${seconds(spread)} ahead of that of ${{ slowest: slowest.name }}`,
        hint: "set both by NTP: certificates of one are not valid yet, or no longer, at the other",
      }),
    );
  } else if (Math.abs(furthest.ahead) - furthest.uncertainty > largestSkew) {
    problems.push(
      makeProblem({
        code: "CLOCK_SKEWED",
        at: { cluster: furthest.name },
        message: say`this machine's clock is ${seconds(Math.abs(furthest.ahead))} ${furthest.ahead > 0 ? "behind" : "ahead of"} that of ${{ furthest: furthest.name }}`,
        hint: "set this machine's clock by NTP",
      }),
    );
  }
  const most = Math.max(spread, Math.abs(furthest.ahead));
  return judged(problems, most < 2000 ? "to the second" : `within ${seconds(most)}`);
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
