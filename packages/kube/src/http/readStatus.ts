import type { KubeCall, KubeErrorCause } from "../kubeError.ts";
import { KubeError } from "../kubeError.ts";

/** An answer that is not a success, as an error. Bodies that are not a Kubernetes Status (a proxy's page) give their first line. */
export function readStatus(call: KubeCall, status: number, body: string, retryAfter: string | undefined): KubeError {
  const parsed = parseStatus(body);
  const seconds = Number(retryAfter ?? parsed?.details?.retryAfterSeconds);
  return new KubeError(call, {
    status,
    reason: parsed?.reason ?? "",
    message: parsed?.message ?? `HTTP ${status}: ${firstLine(body)}`,
    causes: parsed?.details?.causes ?? [],
    isObjectMissing: status === 404 && parsed?.details?.name !== undefined,
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfter: seconds } : {}),
  });
}

/** An ERROR event of a watch: the object is a Status. */
export function readStatusObject(call: KubeCall, status: StatusObject): KubeError {
  return new KubeError(call, {
    status: status.code ?? 500,
    reason: status.reason ?? "",
    message: status.message ?? "the watch ended with an error",
    causes: status.details?.causes ?? [],
  });
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface StatusObject {
  readonly kind: "Status";
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly KubeErrorCause[];
  };
}

export function parseStatus(body: string): StatusObject | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isStatus(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is StatusObject {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

function firstLine(body: string): string {
  return (body.trim().split("\n", 1)[0] ?? "").slice(0, 200);
}
