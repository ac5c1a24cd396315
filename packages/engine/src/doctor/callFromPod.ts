import { MeshError } from "@isthmus/core";
import type { Unseen, WireCall } from "@isthmus/core/doctor";
import { showUrl, type WorkloadRequest } from "@isthmus/core/trace";
import { KubeError } from "@isthmus/kube";
import type { Reach } from "../reach.ts";
import { isImpatience, isOver, throwIfStopped, withPatience } from "../withPatience.ts";

export interface PodCall {
  readonly reach: Reach;
  readonly namespace: string;
  readonly pod: string;
  /** Its app's. */
  readonly container: string;
  readonly request: WorkloadRequest;
  readonly signal?: AbortSignal;
}

const seconds = 8;
const patience = 3 * seconds;
type Answered = Readonly<Record<string, readonly string[]>>;
const separator = "\u001e";

/** What a proxy refuses a gRPC client with is a trailer in its head (envoy/source/common/grpc/status.cc, httpToGrpcStatus). */
const statusByGrpc: Readonly<Record<string, number>> = { 13: 400, 16: 401, 7: 403, 12: 404, 14: 503 };

function answerOf({ status, body, head }: Pick<WireCall, "status" | "body"> & { readonly head: Answered }) {
  const told = statusByGrpc[head["grpc-status"]?.[0] ?? ""];
  if (told === undefined || body !== "") return { status, body };
  return { status: told, body: decodeURIComponent(head["grpc-message"]?.[0] ?? "") };
}

/** Makes a request from a pod's app container with curl, through its sidecar. Throws only the reason of a signal that stops. */
export async function callFromPod({
  reach,
  namespace,
  pod,
  container,
  request,
  signal,
}: PodCall): Promise<WireCall | Unseen> {
  const { url, method, headers } = request;
  const scheme = { http: "http", grpc: "http", https: "https", tcp: "telnet" }[url.scheme];
  const argv = [
    ...["curl", "-s", "-S", "-m", `${seconds}`, "-X", method, "-w", `${separator}%{json}${separator}%{header_json}`],
    ...(url.scheme === "https" ? ["-k"] : []),
    ...(url.scheme === "grpc" ? ["--http2-prior-knowledge"] : []),
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    showUrl(url).replace(/^\w+/, scheme),
  ];
  try {
    const done = await withPatience(1000 * patience, signal, (limit) =>
      reach.exec({ namespace, pod, container }, argv, { signal: limit }),
    );
    const [body = "", facts = "{}", answered = "{}"] = done.stdout.split(separator);
    const { http_code: status = 0, time_total: time = 0 }: { http_code?: number; time_total?: number } =
      JSON.parse(facts);
    const head: Answered = JSON.parse(answered);
    return {
      exitCode: done.exitCode,
      server: head.server?.[0] ?? "",
      ...answerOf({ status, body: body.slice(0, 300), head }),
      error: done.stderr.trim(),
      seconds: time,
    };
  } catch (error) {
    throwIfStopped(signal);
    // curl's own patience does not cover a resolver that hangs.
    if (isOver(signal)) return { unseen: "the time that --timeout gives was over first" };
    if (isImpatience(error)) {
      return { exitCode: 28, status: 0, server: "", body: "", error: `no end within ${patience} s`, seconds: patience };
    }
    if (error instanceof KubeError || error instanceof MeshError) return { unseen: error.message };
    throw error;
  }
}
