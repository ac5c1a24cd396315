import { type Place, say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import type { Report } from "./report.ts";

interface Needed {
  readonly facts: IstioCluster;
  readonly namespace: string;
  /** What is there that istiod has to see, for people: `Service shop/api`. */
  readonly what: string;
  readonly place: Place;
}

/** Whether istiod sees what a declaration needs of a namespace; it is reported where it does not. pkg/kube/namespace/filter.go */
export function isDiscovered(owner: string, { facts, namespace, what, place }: Needed, report: Report): boolean {
  if (facts.isDiscovered(namespace)) return true;
  report.add(
    owner,
    "NAMESPACE_UNDISCOVERED",
    place,
    say`${what} in ${{ cluster: facts.name }} is in namespace ${{ namespace }}, which istiod does not look into: none of discoverySelectors chooses it`,
    say`give the namespace a label that discoverySelectors of the mesh config choose, or extend them (ConfigMap istio in ${{ rootNamespace: facts.settings.rootNamespace }})`,
  );
  return false;
}
