import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import type { Report } from "./report.ts";

/** Whether the Service of a declaration is there and only cannot be read. That is told, and its declaration waits. */
export function unreadableService(
  {
    owner,
    facts,
    namespace,
    name,
  }: { readonly owner: string; readonly facts: IstioCluster; readonly namespace: string; readonly name: string },
  report: Report,
): boolean {
  const found = facts.unreadable.find(
    (each) => each.kind === "Service" && each.group === "" && each.namespace === namespace && each.name === name,
  );
  if (found === undefined) return false;
  report.add(
    owner,
    "SERVICE_UNREADABLE",
    { cluster: facts.name, kind: "Service", namespace: namespace, name: name },
    say`${{ service: { cluster: facts.name, kind: "Service", namespace: namespace, name: name } }} of ${{ cluster: facts.name }} cannot be read: ${{ fault: found.fault }}`,
    "correct it; what it is shared with waits until then",
  );
  return true;
}
