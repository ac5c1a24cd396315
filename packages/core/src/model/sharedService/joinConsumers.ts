import type { SharedService } from "./sharedService.ts";

type Consumer = SharedService["spec"]["consumers"][number];

/** The consumers with those that are not among them yet; the very list where all are. */
export function joinConsumers(declared: readonly Consumer[], wanted: readonly Consumer[]): readonly Consumer[] {
  const missing = wanted.flatMap(({ clusters, namespaces }) => {
    if (!Array.isArray(clusters)) return [];
    return clusters.flatMap((cluster: string) => {
      if (namespaces === undefined) return admits(declared, cluster, undefined) ? [] : [{ clusters: [cluster] }];
      const lacking = namespaces.filter((namespace) => !admits(declared, cluster, namespace));
      return lacking.length === 0 ? [] : [{ clusters: [cluster], namespaces: lacking }];
    });
  });
  return missing.length === 0 ? declared : [...declared, ...missing];
}

/** The consumers without a cluster's, or those of one of its namespaces; undefined where they are not declared so. */
export function partConsumers(
  declared: readonly Consumer[],
  cluster: string,
  namespace: string | undefined,
): readonly Consumer[] | undefined {
  let isFound = false;
  const left = declared.flatMap((consumer) => {
    const { clusters, namespaces } = consumer;
    if (!Array.isArray(clusters) || !clusters.includes(cluster)) return [consumer];
    // All of a cluster but one namespace cannot be written.
    if (namespace !== undefined && namespaces?.includes(namespace) !== true) return [consumer];
    isFound = true;
    const others = clusters.filter((name: string) => name !== cluster);
    const rest = namespace === undefined ? [] : (namespaces ?? []).filter((name) => name !== namespace);
    return [
      ...(others.length === 0 ? [] : [{ ...consumer, clusters: others }]),
      ...(rest.length === 0 ? [] : [{ ...consumer, clusters: [cluster], namespaces: rest }]),
    ];
  });
  return isFound ? left : undefined;
}

/** Whether every caller there is a consumer. */
function admits(declared: readonly Consumer[], cluster: string, namespace: string | undefined): boolean {
  return declared.some(
    ({ clusters, namespaces, serviceAccounts }) =>
      serviceAccounts === undefined &&
      Array.isArray(clusters) &&
      clusters.includes(cluster) &&
      (namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace))),
  );
}
