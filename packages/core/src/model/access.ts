import type { Mesh } from "./mesh.ts";
import type { MeshCluster } from "./meshCluster.ts";
import { selectsCluster } from "./selectClusters.ts";
import type { SharedService } from "./sharedService.ts";

type Spec = SharedService["spec"];

/** Whether the declaration itself says who may call what. */
export function hasAccessRules({ access, consumers }: Spec): boolean {
  return access !== undefined || consumers.some(({ serviceAccounts }) => serviceAccounts !== undefined);
}

/** Whether more is asked than to make the service known: only then do callers of other clusters meet a policy. */
export function restrictsCallers(spec: Spec, mesh: Mesh): boolean {
  return hasAccessRules(spec) || mesh.spec.access.remoteCallers === "Consumers";
}

/** The trust domains of those who may call a cluster. */
export interface CallerTrustDomains {
  readonly own: string;
  /** The cluster takes an exact principal of its own trust domain for the same one in each of these, and no other form. */
  readonly aliases: readonly string[];
  /** Accepted as well, and not the same. */
  readonly others: readonly string[];
}

/**
 * The identities of all consumers, as an AuthorizationPolicy takes them: exact, with `*` at one end, or `*` for everyone
 * with a certificate. https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source
 */
export function allowedPrincipals(consumers: Spec["consumers"], domains: CallerTrustDomains): readonly string[] {
  const principals = consumers.flatMap(({ namespaces, serviceAccounts }) => {
    if (namespaces === undefined) return serviceAccounts?.map((account) => `*/sa/${account}`) ?? ["*"];
    return namespaces.flatMap((namespace) =>
      (serviceAccounts ?? [undefined]).flatMap((account) =>
        account === undefined
          ? [domains.own, ...domains.aliases, ...domains.others].map((domain) => `${domain}/ns/${namespace}/*`)
          : exactPrincipals(`ns/${namespace}/sa/${account}`, domains),
      ),
    );
  });
  return principals.includes("*") ? ["*"] : [...new Set(principals)].sort();
}

/** One account, `ns/foo/sa/sleep`, in all trust domains. */
export function exactPrincipals(account: string, { own, others }: CallerTrustDomains): readonly string[] {
  return [own, ...others].map((domain) => `${domain}/${account}`);
}

/** Whether `<service account>.<namespace>` is among the consumers. */
export function isConsumer(identity: string, consumers: Spec["consumers"]): boolean {
  // The name of a service account may have dots, that of a namespace none.
  const dot = identity.lastIndexOf(".");
  const [account, namespace] = [identity.slice(0, dot), identity.slice(dot + 1)];
  return consumers.some(
    ({ namespaces, serviceAccounts }) =>
      (namespaces?.includes(namespace) ?? true) && (serviceAccounts?.includes(account) ?? true),
  );
}

/** The entries of `consumers` that let callers of this namespace in this cluster in. */
export function consumersAt(
  { consumers }: Spec,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  clusters: readonly MeshCluster[],
): Spec["consumers"] {
  return consumers.filter(
    (consumer) =>
      selectsCluster(consumer.clusters, cluster, clusters) && (consumer.namespaces?.includes(namespace) ?? true),
  );
}
