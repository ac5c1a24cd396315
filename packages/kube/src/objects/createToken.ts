import type { Session } from "../http/session.ts";
import type { CallOptions, TokenRequest } from "../kubeClient.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export async function createToken(
  session: Session,
  { namespace, serviceAccount, audience, seconds }: TokenRequest,
  { signal }: CallOptions,
): Promise<string> {
  const { body } = await session.send({
    call: { verb: "create", resource: "serviceaccounts/token", namespace, name: serviceAccount },
    method: "POST",
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(serviceAccount)}/token`,
    contentType: "application/json",
    body: JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: [audience], expirationSeconds: seconds },
    }),
    signal,
  });
  const { status }: { readonly status: { readonly token: string } } = JSON.parse(body);
  return status.token;
}
