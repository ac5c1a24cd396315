import type { SharedService } from "./sharedService.ts";

type Spec = SharedService["spec"];

/** Whether more is asked than to make the service known: only then do callers meet a policy. */
export function restrictsCallers({ access, consumers }: Spec): boolean {
  return access !== undefined || consumers.some(({ serviceAccounts }) => serviceAccounts !== undefined);
}

/**
 * The identities of all consumers, as an AuthorizationPolicy takes them: exact, with `*` at one end, or `*` for everyone
 * with a certificate. https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source
 */
export function allowedPrincipals(consumers: Spec["consumers"], trustDomain: string): readonly string[] {
  const principals = consumers.flatMap(({ namespaces, serviceAccounts }) => {
    if (namespaces === undefined) return serviceAccounts?.map((account) => `*/sa/${account}`) ?? ["*"];
    return namespaces.flatMap((namespace) =>
      (serviceAccounts ?? [undefined]).map((account) =>
        account === undefined ? `${trustDomain}/ns/${namespace}/*` : `${trustDomain}/ns/${namespace}/sa/${account}`,
      ),
    );
  });
  return principals.includes("*") ? ["*"] : [...new Set(principals)].sort();
}
