import { type Place, say } from "../../findings/index.ts";
import { comingWorkload, type IstioCluster, memoisedBy, type Workload } from "../../istio/index.ts";
import { egressOf, proxyScope, sidecarFor } from "../../istio/scope/index.ts";
import type { Report } from "./report.ts";

/** A name that callers of a cluster are given. */
export interface GivenName {
  readonly facts: IstioCluster;
  /** Whose workloads call it; undefined: every namespace's. */
  readonly namespaces: readonly string[] | undefined;
  readonly host: string;
  /** Where its Service or ServiceEntry stands for callers of a namespace. */
  readonly standsIn: (caller: string) => string;
  readonly ports: readonly number[];
  readonly place: Place;
}

/**
 * Warns of a Sidecar of the user's that does not let a name through to its callers: what we write would be right, and they
 * would not know it.
 */
export function checkSidecars({ facts, namespaces, host, standsIn, ports, place }: GivenName, report: Report): void {
  for (const namespace of namespaces ?? facts.namespaces.keys()) {
    const told = new Set<string>();
    for (const caller of callersIn(facts, namespace)) {
      const sidecar = sidecarFor(facts, caller);
      if (sidecar === undefined) continue;
      const egress = egressOf(facts, proxyScope(facts, caller).key);
      const name = `${sidecar.metadata.namespace}/${sidecar.metadata.name}`;
      const given = { host, namespace: standsIn(namespace) };
      const hidden = ports.filter((port) => !egress.some((listener) => listener.lets(given, port)));
      if (hidden.length === 0 || told.has(name)) continue;
      told.add(name);
      report.add(
        undefined,
        "HOST_NOT_IMPORTED",
        place,
        say`Sidecar ${{ name }} in ${{ cluster: facts.name }} does not let ${{ host }} through to workloads of namespace ${{ namespace }}`,
        say`add ${given.namespace === sidecar.metadata.namespace ? "." : given.namespace}/${{ host }} to its spec.egress hosts`,
      );
    }
  }
}

/** The workloads of a namespace that call through a sidecar; where none is seen, any that will come. */
export const callersIn = memoisedBy((facts: IstioCluster, namespace: string): readonly Workload[] => {
  const meshed = facts.workloadsIn(namespace).filter(({ proxy }) => proxy === "sidecar");
  if (meshed.length > 0) return meshed;
  const coming = comingWorkload(facts.name, facts.namespaces.get(namespace));
  return coming?.proxy === "sidecar" ? [coming] : [];
});
