import { istioCluster } from "../istio/index.ts";
import type { Problem } from "../problem.ts";
import { addressChecks } from "./addressChecks.ts";
import { apiChecks } from "./apiChecks.ts";
import { type Check, type ClusterView, checkCategories, type MeshView, type Verdict } from "./check.ts";
import type { CheckedCluster, CheckInput } from "./checkInput.ts";
import type { CheckRow } from "./checkRow.ts";
import { declarationChecks } from "./declarationChecks.ts";
import { gatewayChecks } from "./gatewayChecks.ts";
import { injectionChecks } from "./injectionChecks.ts";
import { istiodChecks } from "./istiodChecks.ts";
import { kindChecks } from "./kindChecks.ts";
import { proxyChecks } from "./proxyChecks.ts";
import { rightsChecks } from "./rightsChecks.ts";
import { trustChecks } from "./trustChecks.ts";

/** Every check; each comes after those that it needs. */
export const checks: readonly Check[] = [
  ...apiChecks,
  ...rightsChecks,
  ...kindChecks,
  ...istiodChecks,
  ...injectionChecks,
  ...gatewayChecks,
  ...trustChecks,
  ...proxyChecks,
  ...addressChecks,
  ...declarationChecks,
];

/** A row for each check and cluster, or several where several things are wrong, by category. */
export function runChecks(input: CheckInput): readonly CheckRow[] {
  const mesh: MeshView = { ...input, clusters: input.clusters.map((each) => viewOf(each, input)) };
  const unmet = new Map<string, Set<string>>(
    [...mesh.clusters.map(({ name }) => name), ""].map((name) => [name, new Set()]),
  );
  const rows = checks.flatMap((check) =>
    check.scope === "mesh"
      ? judge(check, "", unmet, () => check.run(mesh))
      : mesh.clusters.flatMap((view) => judge(check, view.name, unmet, () => check.run(view, mesh))),
  );
  return checkCategories.flatMap((category) => rows.filter((row) => row.category === category));
}

function judge(
  check: Check,
  cluster: string,
  unmet: ReadonlyMap<string, Set<string>>,
  run: () => Verdict,
): readonly CheckRow[] {
  const missing = check.needs.find((name) => unmet.get(cluster)?.has(name));
  if (missing !== undefined) {
    unmet.get(cluster)?.add(check.name);
    return [row(check, cluster, "skipped", `needs ${missing}`)];
  }
  const verdict = run();
  if ("ok" in verdict) return [row(check, cluster, "ok", verdict.ok)];
  if ("skipped" in verdict) return [row(check, cluster, "skipped", verdict.skipped)];
  if (verdict.problems.some((problem) => problem.severity !== "warning")) unmet.get(cluster)?.add(check.name);
  return verdict.problems.map((problem) => ({
    ...row(check, cluster, statusOf(problem), problem.message),
    ...problem,
    docs: `docs/problems.md#${problem.code.toLowerCase()}`,
  }));
}

function row({ category, name, title }: Check, cluster: string, status: CheckRow["status"], message: string): CheckRow {
  return { category, check: name, ...(cluster === "" ? {} : { cluster }), title, status, message };
}

/** What cannot be seen now is no less in the way than what is wrong. */
function statusOf(problem: Problem): "failed" | "warning" {
  return problem.severity === "warning" ? "warning" : "failed";
}

function viewOf(checked: CheckedCluster, { intents }: CheckInput): ClusterView {
  const cluster = "value" in checked.observed ? checked.observed.value : undefined;
  const { inspection } = checked;
  return {
    ...checked,
    name: checked.declared.metadata.name,
    cluster,
    facts: cluster === undefined ? undefined : istioCluster(cluster, intents),
    inspected: inspection !== undefined && "value" in inspection ? inspection.value : undefined,
  };
}
