import type { HttpRetries } from "../httpRoute.ts";

/** What an HTTP proxy does about a try that fails. */
export interface RetryPolicy {
  /** Tries beside the first; at least 1. */
  readonly retries: number;
  /** Envoy's words: `connect-failure`, `reset`, `5xx` … */
  readonly conditions: ReadonlySet<string>;
  readonly statusCodes: ReadonlySet<number>;
  /** Another endpoint each time, as long as there is one. */
  readonly avoidsPreviousHosts: boolean;
  /** Requests are bound to one endpoint by a hash, and so are their retries. */
  readonly staysAtHost: boolean;
}

/**
 * How a try fails for the proxy that makes it: no connection, or no TLS handshake (`UF`); a connection that is closed before
 * there is a response (`UC`); or a response of what is behind it.
 */
export type UpstreamFailure =
  | { readonly kind: "connect" }
  | { readonly kind: "reset" }
  | { readonly kind: "response"; readonly status: number; readonly isGrpc: boolean };

/** pilot/pkg/networking/core/route/retry/retry.go, defaultRetryOn and defaultNumRetries. */
const byDefault = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
const retriesByDefault = 2;

/**
 * pilot/pkg/networking/core/route/retry/retry.go, ConvertPolicy: what is written, Istio's default where nothing is, and
 * undefined where retries are turned off, as `attempts` that are left out do.
 */
export function retryPolicy(
  written: HttpRetries | undefined,
  { isHashed = false }: { readonly isHashed?: boolean } = {},
): RetryPolicy | undefined {
  const retries = written === undefined ? retriesByDefault : (written.attempts ?? 0);
  if (retries <= 0) return undefined;
  const retryOn = written?.retryOn === undefined || written.retryOn === "" ? byDefault : written.retryOn;
  const words = retryOn
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const statusCodes = words.filter((each) => /^\d{3}$/.test(each)).map(Number);
  const conditions = words.filter((each) => !/^\d{3}$/.test(each));
  return {
    retries,
    conditions: new Set(statusCodes.length > 0 ? [...conditions, "retriable-status-codes"] : conditions),
    statusCodes: new Set(statusCodes),
    avoidsPreviousHosts: written?.retryIgnorePreviousHosts ?? !isHashed,
    staysAtHost: isHashed,
  };
}

/**
 * Whether Envoy tries again after such a failure (source/common/router/retry_state_impl.cc, wouldRetryFromReset and
 * wouldRetryFromHeaders). By Istio's default a connection that is closed after it stood is not: the request may have been served.
 */
export function isRetried({ conditions, statusCodes }: RetryPolicy, failure: UpstreamFailure): boolean {
  const has = (...names: readonly string[]) => names.some((name) => conditions.has(name));
  switch (failure.kind) {
    case "connect":
      return has("connect-failure", "reset", "5xx", "gateway-error");
    case "reset":
      return has("reset", "5xx", "gateway-error");
    case "response":
      return isResponseRetried(has, statusCodes, failure);
  }
}

function isResponseRetried(
  has: (...names: readonly string[]) => boolean,
  statusCodes: ReadonlySet<number>,
  { status, isGrpc }: Extract<UpstreamFailure, { readonly kind: "response" }>,
): boolean {
  // To gRPC a proxy answers with 200 and a status of gRPC's, which is made of the HTTP status.
  if (isGrpc) return has("unavailable") && unavailable.has(status);
  if (has("5xx") && status >= 500 && status < 600) return true;
  if (has("gateway-error") && [502, 503, 504].includes(status)) return true;
  if (has("retriable-4xx") && status === 409) return true;
  return has("retriable-status-codes") && statusCodes.has(status);
}

/** source/common/grpc/status.cc, httpToGrpcStatus: those that become UNAVAILABLE. */
const unavailable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
