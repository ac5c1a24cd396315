import type { Session } from "../http/session.ts";
import type { AccessAttributes } from "../kubeClient.ts";

const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
export async function reviewAccess(
  session: Session,
  access: AccessAttributes,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { body } = await session.send({
    call: { verb: "create", resource: "selfsubjectaccessreviews.authorization.k8s.io" },
    method: "POST",
    path,
    contentType: "application/json",
    body: JSON.stringify({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: access },
    }),
    signal,
  });
  const { status }: { readonly status: { readonly allowed: boolean } } = JSON.parse(body);
  return status.allowed;
}
