import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import type { Credentials } from "../auth/credentials.ts";
import type { ClusterAccess } from "../clusterAccess.ts";
import type { Timeouts } from "./timeouts.ts";

/** Lists of all kinds run side by side; each further connection costs a TLS handshake before it saves time. */
const usual = 4;

export interface DispatcherOptions {
  readonly timeouts: Timeouts;
  /** At most; `null` is as many as are asked for. */
  readonly connections?: number | null | undefined;
  readonly onSocket: (socket: Socket) => void;
}

/** A pool of keep-alive connections to one API server, each told to `onSocket` unless it leads through a proxy. undici takes 30 ms to load: only what speaks to a server pays. */
export async function openDispatcher(
  access: ClusterAccess,
  authority: string | undefined,
  credentials: Credentials,
  { timeouts, connections = usual, onSocket }: DispatcherOptions,
): Promise<Dispatcher> {
  const { Pool, ProxyAgent, EnvHttpProxyAgent, buildConnector } = await import("./undici.ts");
  const tls = {
    ...(authority === undefined ? {} : { ca: authority }),
    ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
    ...(credentials.key === undefined ? {} : { key: credentials.key }),
    ...(access.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
  };
  const connect = { ...tls, timeout: timeouts.connect, keepAlive: true, keepAliveInitialDelay: 30_000 };
  const shared = { connections, keepAliveTimeout: 30_000, connect };
  if (access.proxyUrl !== undefined) return new ProxyAgent({ ...shared, uri: access.proxyUrl, requestTls: connect });
  if (isProxiedByEnvironment(new URL(access.server).hostname)) {
    return new EnvHttpProxyAgent({ ...shared, requestTls: connect });
  }
  const connector = buildConnector(connect);
  return new Pool(new URL(access.server).origin, {
    ...shared,
    connect: (options, callback) =>
      connector(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        onSocket(socket);
        callback(null, socket);
      }),
  });
}

/** $HTTPS_PROXY and $NO_PROXY count as in kubectl; this machine is never asked through a proxy. */
function isProxiedByEnvironment(host: string): boolean {
  const isLoopback = host === "localhost" || host === "[::1]" || /^127\./.test(host);
  const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
  return !isLoopback && names.some((name) => Boolean(process.env[name]));
}
