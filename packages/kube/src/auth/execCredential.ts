import type { ClusterAccess, ExecPlugin } from "../clusterAccess.ts";
import type { Credentials } from "./credentials.ts";
import { readPem } from "./readPem.ts";

/** What the plugin finds in $KUBERNETES_EXEC_INFO. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export async function execInfo(access: ClusterAccess, plugin: ExecPlugin): Promise<object> {
  const spec = plugin.provideClusterInfo
    ? { interactive: false, cluster: await clusterInfo(access, plugin) }
    : { interactive: false };
  return { apiVersion: plugin.apiVersion, kind: "ExecCredential", spec };
}

async function clusterInfo(access: ClusterAccess, plugin: ExecPlugin): Promise<object> {
  const authority = access.authority === undefined ? undefined : await readPem(access.authority);
  return {
    server: access.server,
    ...(access.tlsServerName === undefined ? {} : { "tls-server-name": access.tlsServerName }),
    ...(access.insecureSkipTlsVerify === true ? { "insecure-skip-tls-verify": true } : {}),
    ...(authority === undefined ? {} : { "certificate-authority-data": Buffer.from(authority).toString("base64") }),
    ...(access.proxyUrl === undefined ? {} : { "proxy-url": access.proxyUrl }),
    ...(plugin.clusterConfig === undefined ? {} : { config: plugin.clusterConfig }),
  };
}

export interface ExecAnswer {
  readonly credentials: Credentials;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

/** Undefined where the output is not an ExecCredential that holds a token or a certificate. */
export function parseExecCredential(output: string): ExecAnswer | undefined {
  const status = field(parseJson(output), "status");
  const token = textOf(field(status, "token"));
  const certificate = textOf(field(status, "clientCertificateData"));
  const key = textOf(field(status, "clientKeyData"));
  const expiresAt = Date.parse(textOf(field(status, "expirationTimestamp")) ?? "");
  if (token === undefined && (certificate === undefined || key === undefined)) return undefined;
  return {
    credentials: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(key === undefined ? {} : { key }),
    },
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
