import { type Place, say } from "../../findings/index.ts";
import { type IstioCluster, isInjected } from "../../istio/index.ts";
import { ownerName } from "../../kinds/index.ts";
import { at, type ExternalService, type SharedService, selectClusters } from "../../model/index.ts";
import { isDiscovered } from "./checkDiscovery.ts";
import type { Surroundings } from "./compileContext.ts";
import { meantNamespace } from "./meantName.ts";
import type { Report } from "./report.ts";

/** One cluster that consumes what is declared. */
export interface Consumer {
  readonly facts: IstioCluster;
  /** Undefined: every namespace. */
  readonly namespaces: readonly string[] | undefined;
}

/**
 * The clusters and namespaces that may call, sorted. Clusters that cannot be read are left out, they wait by themselves;
 * namespaces that do not exist are reported.
 */
export function resolveConsumers(
  intent: SharedService | ExternalService,
  { intents, facts: allFacts, report }: Surroundings,
): readonly Consumer[] {
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const namespacesOf = new Map<string, Set<string> | undefined>();
  intent.spec.consumers.forEach((consumer, index) => {
    for (const cluster of selectClusters(consumer.clusters, intents.clusters)) {
      const facts = allFacts.get(cluster.metadata.name);
      if (facts === undefined) continue;
      const known = namespacesOf.get(facts.name);
      if (consumer.namespaces === undefined) {
        const needed = {
          facts,
          namespace: intents.mesh.spec.istioNamespace,
          what: "what callers need to know",
          place: at(intent, "spec", "consumers", index),
        };
        if (!isDiscovered(owner, needed, report)) continue;
        namespacesOf.set(facts.name, undefined);
        continue;
      }
      const present = consumer.namespaces.filter((namespace, position) =>
        checkNamespace(namespace, at(intent, "spec", "consumers", index, "namespaces", position), owner, facts, report),
      );
      if (known === undefined && namespacesOf.has(facts.name)) continue;
      namespacesOf.set(facts.name, new Set([...(known ?? []), ...present]));
    }
  });
  return [...namespacesOf]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, namespaces]) => {
      const facts = allFacts.get(name);
      return facts === undefined
        ? []
        : [{ facts, namespaces: namespaces === undefined ? undefined : [...namespaces].sort() }];
    });
}

function checkNamespace(namespace: string, place: Place, owner: string, facts: IstioCluster, report: Report): boolean {
  const found = facts.namespaces.get(namespace);
  if (found === undefined) {
    const meant = meantNamespace(facts, namespace);
    report.add(
      owner,
      "NAMESPACE_MISSING",
      place,
      say`${{ cluster: facts.name }} has no namespace ${{ namespace }}`,
      meant !== undefined
        ? say`did you mean ${{ meant }}? Or kubectl --context ${{ cluster: facts.name }} create namespace ${{ namespace }}`
        : say`kubectl --context ${{ cluster: facts.name }} create namespace ${{ namespace }}, or correct the name`,
    );
    return false;
  }
  if (!isDiscovered(owner, { facts, namespace, what: "what callers need to know", place }, report)) return false;
  if (!isInjected(found) && !facts.workloadsIn(namespace).some(({ isMutualTls }) => isMutualTls)) {
    report.add(
      undefined,
      "CONSUMER_WITHOUT_SIDECAR",
      place,
      say`nothing in namespace ${{ namespace }} of ${{ cluster: facts.name }} gets a sidecar, and only a sidecar can call across`,
      say`kubectl --context ${{ cluster: facts.name }} label namespace ${{ namespace }} istio-injection=enabled, then restart its workloads`,
    );
  }
  return true;
}
