import type { IstioCluster } from "../../istio/index.ts";
import { isNamedAsOurs } from "../../kinds/index.ts";
import { nearestName } from "../../model/index.ts";

/** The Service that is probably meant where there is none of that name, as `namespace/name`: one called nearly so, or so elsewhere. */
export function meantService(facts: IstioCluster, namespace: string, name: string): string | undefined {
  const all = [...facts.services.values()].filter((service) => !isNamedAsOurs(service)).map(({ metadata }) => metadata);
  const here = all.filter((each) => each.namespace === namespace).map((each) => each.name);
  const near = nearestName(name, here);
  if (near !== undefined) return `${namespace}/${near}`;
  const elsewhere = all.find((each) => each.name === name);
  return elsewhere === undefined ? undefined : `${elsewhere.namespace ?? "default"}/${name}`;
}

/** The namespace that is probably meant where there is none of that name. */
export function meantNamespace(facts: IstioCluster, name: string): string | undefined {
  return nearestName(name, [...facts.namespaces.keys()]);
}
