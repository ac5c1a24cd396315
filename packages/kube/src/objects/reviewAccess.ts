import { boolean, fields } from "@isthmus/core/shape";
import type { Session } from "../http/session.ts";
import type { AccessAttributes } from "../kubeClient.ts";

interface Review {
  readonly status: { readonly allowed: boolean };
}

const reviewShape = fields({ status: fields({ allowed: boolean }, ["allowed"]) }, ["status"]);
const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
export async function reviewAccess(
  session: Session,
  access: AccessAttributes,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const request = {
    call: { verb: "create" as const, resource: "selfsubjectaccessreviews.authorization.k8s.io" },
    method: "POST" as const,
    path,
    contentType: "application/json",
    body: JSON.stringify({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: access },
    }),
    signal,
  };
  const { value } = await session.json(request, reviewShape);
  return (value as unknown as Review).status.allowed;
}
