import type { ClusterAccess } from "../clusterAccess.ts";
import type { CredentialSource } from "./credentials.ts";
import { execCredentials } from "./execCredentials.ts";
import { fileCredentials } from "./fileCredentials.ts";
import { oidcCredentials } from "./oidcCredentials.ts";

/** A plugin only where neither token nor password is given, as in kubectl. */
export function credentialSource(access: ClusterAccess, now: () => number): CredentialSource {
  const { user } = access;
  const isGiven = user.token !== undefined || user.tokenFile !== undefined || user.basic !== undefined;
  if (!isGiven && user.exec !== undefined) return execCredentials(access, user.exec, now);
  if (!isGiven && user.oidc !== undefined) return oidcCredentials(access.name, user.oidc);
  return fileCredentials(user, now);
}
