import type { UserAccess } from "../clusterAccess.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { readCredentialFile, readPem } from "./readPem.ts";

/** How long a file's content is believed, in milliseconds; client-go takes a minute as well. */
const fresh = 60_000;

/**
 * Client certificates, tokens and passwords, given in the kubeconfig or in files. Files are read again after a minute
 * and when the server refuses what they held: kubelets and login tools replace them in place.
 */
export function fileCredentials(user: UserAccess, now: () => number): CredentialSource {
  const paths = [user.certificate, user.key].some((source) => source !== undefined && "path" in source);
  const isFixed = !paths && user.tokenFile === undefined;
  let cached: Promise<Credentials> | undefined;
  let readAt = 0;
  return {
    current() {
      if (cached === undefined || (!isFixed && now() - readAt > fresh)) {
        readAt = now();
        cached = read(user);
        cached.catch(() => {
          cached = undefined;
        });
      }
      return cached;
    },
    renew() {
      if (isFixed) return false;
      cached = undefined;
      return true;
    },
    close() {},
  };
}

async function read(user: UserAccess): Promise<Credentials> {
  const [certificate, key, authorization] = await Promise.all([
    user.certificate === undefined ? undefined : readPem(user.certificate),
    user.key === undefined ? undefined : readPem(user.key),
    authorizationOf(user),
  ]);
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

async function authorizationOf(user: UserAccess): Promise<string | undefined> {
  // A token file takes precedence over a token, as in client-go.
  if (user.tokenFile !== undefined) return `Bearer ${(await readCredentialFile(user.tokenFile)).trim()}`;
  if (user.token !== undefined) return `Bearer ${user.token}`;
  if (user.basic === undefined) return undefined;
  return `Basic ${Buffer.from(`${user.basic.username}:${user.basic.password}`).toString("base64")}`;
}
