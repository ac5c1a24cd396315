import { say, showPlace } from "@isthmus/core";
import type { ClusterAccess } from "../clusterAccess.ts";
import { child, type Fields, fieldsOf, flag, items, requiredText, text } from "./fields.ts";
import { kubeconfigError } from "./kubeconfigError.ts";
import { parseUser } from "./parseUser.ts";
import { pemSource } from "./pemSource.ts";

export type ClusterEntry = Omit<ClusterAccess, "name" | "user"> & { readonly execConfig?: unknown };

export interface ContextEntry {
  readonly cluster: string;
  readonly user?: string;
}

/**
 * One or several kubeconfig files as one. Clusters and users are read only when asked for:
 * a mistake in an entry that nobody uses troubles nobody.
 */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext?: string;
  readonly contexts: ReadonlyMap<string, Fields>;
  readonly clusters: ReadonlyMap<string, Fields>;
  readonly users: ReadonlyMap<string, Fields>;
}

/** Throws KUBECONFIG_INVALID. Relative paths in the file are relative to its folder. */
export async function parseKubeconfig(file: string, source: string): Promise<Kubeconfig> {
  const root = fieldsOf(file, "", await parseYaml(file, source));
  const currentContext = text(root, "current-context");
  return {
    files: [file],
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: byName(root, "contexts"),
    clusters: byName(root, "clusters"),
    users: byName(root, "users"),
  };
}

export function readContext(entry: Fields): ContextEntry {
  const context = child(entry, "context");
  const user = text(context, "user");
  return { cluster: requiredText(context, "cluster"), ...(user === undefined ? {} : { user }) };
}

export function readCluster(entry: Fields): ClusterEntry {
  const cluster = child(entry, "cluster");
  const server = requiredText(cluster, "server");
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw kubeconfigError(
      entry.file,
      say`kubeconfig ${{ file: entry.file }}: ${{ path: cluster.path }}.server is not an http or https URL`,
      "It looks like https://203.0.113.7:6443.",
    );
  }
  const authority = pemSource(cluster, "certificate-authority");
  const tlsServerName = text(cluster, "tls-server-name");
  const proxyUrl = text(cluster, "proxy-url");
  // https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster
  const extension = items(cluster, "extensions").find(
    (candidate) => text(candidate, "name") === "client.authentication.k8s.io/exec",
  );
  return {
    server,
    ...(authority === undefined ? {} : { authority }),
    ...(flag(cluster, "insecure-skip-tls-verify") ? { insecureSkipTlsVerify: true } : {}),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(extension === undefined ? {} : { execConfig: extension.values.get("extension") }),
  };
}

export function readUser(entry: Fields): ClusterAccess["user"] {
  return parseUser(child(entry, "user"));
}

function byName(root: Fields, list: string): Map<string, Fields> {
  const found = new Map<string, Fields>();
  for (const entry of items(root, list)) {
    const name = requiredText(entry, "name");
    // Of two entries of one name in a file the last counts, as in client-go's conversion from list to map.
    found.set(name, entry);
  }
  return found;
}

async function parseYaml(file: string, source: string): Promise<unknown> {
  // kubeconfigs are often JSON (our lab's are): no need to load the YAML parser for those.
  if (source.trimStart().startsWith("{")) {
    try {
      const value: unknown = JSON.parse(source);
      if (!isDeeperThan(maxDepth, value)) return value;
    } catch {
      // YAML in flow style looks like this too.
    }
  }
  const { readDocuments } = await import("./yaml.ts");
  const { documents, problems } = readDocuments({ name: file, text: source });
  const [first] = problems;
  if (first === undefined && documents.length <= 1) return documents[0]?.value;
  // The problem's message may quote the line, which may hold a token: only the place is told.
  const where = first === undefined ? file : showPlace(first.place);
  const why = first?.message.startsWith("nested deeper") === true ? first.message : "not valid YAML";
  throw kubeconfigError(where, say`kubeconfig ${where} is ${why}`, "");
}

/** What YAML is held to; a kubeconfig has 7 levels, and what a plugin's own configuration adds. */
const maxDepth = 100;

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((part) => isDeeperThan(depth - 1, part));
}
