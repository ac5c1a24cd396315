import { MeshError, say } from "@isthmus/core";
import type { CredentialSource } from "./credentials.ts";

/**
 * The `oidc` auth-provider: its id token, renewed with the refresh token. By @kubernetes/client-node, which takes 0.4 s to
 * load and so is loaded here only (docs/decisions/0002-kubeconfig.md).
 */
export function oidcCredentials(cluster: string, settings: Readonly<Record<string, string>>): CredentialSource {
  // The provider writes renewed tokens into this object and keeps their expiry itself.
  const user = { name: cluster, authProvider: { name: "oidc", config: { ...settings } } };
  let provider: Promise<{ applyAuthentication(user: object, options: object): Promise<void> }> | undefined;
  return {
    async current() {
      provider ??= import("./oidcProvider.ts").then((module) => new module.OpenIDConnectAuth());
      const headers: { Authorization?: string } = {};
      try {
        await (await provider).applyAuthentication(user, { headers });
      } catch (cause) {
        throw refused(cluster, "the identity provider does not renew the id token", cause);
      }
      if (headers.Authorization === undefined) {
        throw refused(cluster, "the oidc auth-provider has no valid id token and nothing to renew it with");
      }
      return { authorization: headers.Authorization };
    },
    renew() {
      return false;
    },
    close() {},
  };
}

function refused(cluster: string, why: string, cause?: unknown): MeshError {
  return new MeshError(
    {
      code: "CLUSTER_UNAUTHORIZED",
      at: { cluster },
      message: say`cluster ${{ cluster }}: ${why}`,
      hint: "Log in again.",
    },
    // An error of the token endpoint may quote the request: only its name goes on.
    cause instanceof Error ? { cause: new Error(cause.name) } : undefined,
  );
}
