import { relative, sep } from "node:path";
import { say } from "@isthmus/core";
import type { ClusterAccess } from "../clusterAccess.ts";
import { kubeconfigError } from "./kubeconfigError.ts";

/**
 * Credentials go over a connection that anybody on the way may read only where the kubeconfig asks for that: by
 * `insecure-skip-tls-verify` beside the URL. What stays on this machine, as with `kubectl proxy`, nobody reads. Throws
 * KUBECONFIG_INVALID.
 */
export function refuseCleartext(
  { name, server, insecureSkipTlsVerify = false, user }: ClusterAccess,
  file: string,
): void {
  const { protocol, hostname } = new URL(server);
  if (protocol !== "http:" || insecureSkipTlsVerify || isLoopback(hostname)) return;
  const { token, tokenFile, basic, exec, oidc } = user;
  if ([token, tokenFile, basic, exec, oidc].every((each) => each === undefined)) return;
  throw kubeconfigError(
    file,
    say`kubeconfig ${{ file }}: the credentials of context ${{ name }} would go to ${{ server }} unencrypted`,
    "Name the server by https; where that cannot be, set insecure-skip-tls-verify of the cluster.",
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/**
 * A kubeconfig that a declaration names may come with a pull request: reading it runs no program, and sends no file but its own
 * folder's to the server that it names; `folder`: undefined for a text that lies in none. Throws KUBECONFIG_INVALID.
 */
export function refuseUntrusted(
  { name, user, authority }: ClusterAccess,
  file: string,
  folder: string | undefined,
): void {
  const { exec, tokenFile, certificate, key } = user;
  // An authority is sent to nobody; but a text that lies in no folder has no file beside it.
  const own = folder === undefined ? [pathOf(authority)] : [];
  const paths = [tokenFile, pathOf(certificate), pathOf(key), ...own].filter((path) => path !== undefined);
  const elsewhere = paths.find((path) => folder === undefined || relative(folder, path).split(sep)[0] === "..");
  const danger =
    exec !== undefined
      ? `run ${exec.command}`
      : elsewhere !== undefined
        ? `read ${elsewhere}, which is ${folder === undefined ? "a file of this machine" : "outside its folder"}`
        : undefined;
  if (danger === undefined) return;
  throw kubeconfigError(
    file,
    say`kubeconfig ${{ file }}, which a declaration names, would ${{ danger }} for context ${{ name }}`,
    folder === undefined
      ? "Put the credentials themselves into it: token, client-certificate-data and client-key-data."
      : "If you trust the declarations: --trust-access; or name a context of your own kubeconfig (access.context).",
  );
}

function pathOf(source: ClusterAccess["user"]["key"]): string | undefined {
  return source !== undefined && "path" in source ? source.path : undefined;
}
