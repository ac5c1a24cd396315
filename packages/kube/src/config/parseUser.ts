import { dirname, resolve } from "node:path";
import { say } from "@isthmus/core";
import type { ExecPlugin, Impersonation, UserAccess } from "../clusterAccess.ts";
import { child, type Fields, flag, items, requiredText, text, texts } from "./fields.ts";
import { kubeconfigError } from "./kubeconfigError.ts";
import { pemSource } from "./pemSource.ts";

/** The `user` of a kubeconfig's entry. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo */
export function parseUser(user: Fields): UserAccess {
  const certificate = pemSource(user, "client-certificate");
  const key = pemSource(user, "client-key");
  const token = text(user, "token");
  const tokenFile = text(user, "tokenFile");
  const username = text(user, "username");
  const exec = user.values.get("exec") ? execPlugin(child(user, "exec")) : undefined;
  const oidc = user.values.get("auth-provider") ? oidcSettings(child(user, "auth-provider")) : undefined;
  const impersonate = impersonation(user);
  if ((certificate === undefined) !== (key === undefined)) {
    throw kubeconfigError(
      user.file,
      say`kubeconfig ${{ file: user.file }}: ${{ path: user.path }} has only one of client-certificate and client-key`,
      "Give both, or neither.",
    );
  }
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(dirname(user.file), tokenFile) }),
    ...(username === undefined ? {} : { basic: { username, password: text(user, "password") ?? "" } }),
    ...(exec === undefined ? {} : { exec }),
    ...(oidc === undefined ? {} : { oidc }),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}

function execPlugin(exec: Fields): ExecPlugin {
  const command = requiredText(exec, "command");
  const installHint = text(exec, "installHint");
  return {
    apiVersion: requiredText(exec, "apiVersion"),
    // A bare name is looked up in PATH, anything else is relative to the kubeconfig, as in kubectl.
    command: /[/\\]/.test(command) ? resolve(dirname(exec.file), command) : command,
    args: texts(exec, "args"),
    env: items(exec, "env").map((entry) => ({ name: requiredText(entry, "name"), value: text(entry, "value") ?? "" })),
    ...(installHint === undefined ? {} : { installHint }),
    provideClusterInfo: flag(exec, "provideClusterInfo"),
  };
}

function oidcSettings(provider: Fields): Readonly<Record<string, string>> {
  const name = requiredText(provider, "name");
  if (name !== "oidc") {
    throw kubeconfigError(
      provider.file,
      say`kubeconfig ${{ file: provider.file }}: the auth-provider ${{ name }} is no longer supported, by kubectl neither`,
      "Use the exec plugin that took its place: gke-gcloud-auth-plugin, kubelogin.",
    );
  }
  const config = child(provider, "config");
  return Object.fromEntries([...config.values.keys()].flatMap((key) => entryOf(key, text(config, key))));
}

function impersonation(user: Fields): Impersonation | undefined {
  const as = text(user, "as");
  if (as === undefined) return undefined;
  const uid = text(user, "as-uid");
  const extra = child(user, "as-user-extra");
  return {
    user: as,
    ...(uid === undefined ? {} : { uid }),
    groups: texts(user, "as-groups"),
    extra: Object.fromEntries([...extra.values.keys()].map((key) => [key, texts(extra, key)])),
  };
}

function entryOf(key: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[key, value]];
}
