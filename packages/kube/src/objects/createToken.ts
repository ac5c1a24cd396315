import { fields, text } from "@isthmus/core/shape";
import type { Session } from "../http/session.ts";
import type { CallOptions, TokenRequest } from "../kubeClient.ts";

interface Token {
  readonly status: { readonly token: string };
}

const tokenShape = fields({ status: fields({ token: text }, ["token"]) }, ["status"]);

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export async function createToken(
  session: Session,
  { namespace, serviceAccount, audience, seconds }: TokenRequest,
  { signal }: CallOptions,
): Promise<string> {
  const request = {
    call: { verb: "create" as const, resource: "serviceaccounts/token", namespace, name: serviceAccount },
    method: "POST" as const,
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`,
    contentType: "application/json",
    body: JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: [audience], expirationSeconds: seconds },
    }),
    signal,
  };
  const { value } = await session.json(request, tokenShape);
  return (value as unknown as Token).status.token;
}
