import { type AcrossPath, showHostPort } from "@isthmus/core";
import { type KubeClient, KubeError } from "@isthmus/kube";
import { type Caller, podOf } from "./callerOf.ts";
import { latencyOf, type Probe } from "./probe.ts";
import type { ProbeContainer } from "./provideContainer.ts";

export interface PodProbeOptions {
  readonly client: Pick<KubeClient, "exec">;
  readonly calls: number;
  /** Milliseconds for each call. */
  readonly timeout: number;
  readonly isRestricted: boolean;
  /** Gives the pod a container with curl; absent: nothing is to be added to it. */
  readonly spare?: () => Promise<ProbeContainer>;
  readonly signal?: AbortSignal;
}

/** Protocols that curl asks a question of; Istio's names. */
const http = /^(HTTP|HTTP2|GRPC|GRPC-WEB|)$/;

/**
 * Calls a path from the caller's own app container with curl, or from another container of the same pod where that one has no
 * curl: through its sidecar, as its app does. Throws `KubeError` or `MeshError` only where the API server does not let us in,
 * and what `spare` throws.
 */
export async function probeFromPod(path: AcrossPath, caller: Caller, options: PodProbeOptions): Promise<Probe> {
  const { namespace, pod, container } = caller;
  const base = { kind: "call from pod", path, at: podOf(caller) } as const;
  if (!http.test(path.protocol ?? "")) {
    return { ...base, status: "unknown", detail: `${path.protocol} is not asked from a pod` };
  }
  const url = `http://${showHostPort(path.host, path.port)}/`;
  const each = [
    "-s",
    "-S",
    "-o",
    "/dev/null",
    "-m",
    `${options.timeout / 1000}`,
    "-w",
    "%{http_code} %{time_total}\\n",
    url,
  ];
  // `--next` keeps the options of one call from the next one; connections are kept as an app keeps them.
  const argv = Array.from({ length: options.calls }, (_, index) => [
    ...(index === 0 ? [] : ["--next"]),
    ...each,
  ]).flat();
  const callFrom = async (name: string) => {
    const call = options.signal === undefined ? {} : { signal: options.signal };
    try {
      const { stdout, stderr } = await options.client.exec(
        { namespace, pod, container: name },
        ["curl", ...argv],
        call,
      );
      return judge(stdout, stderr, options.isRestricted);
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 500) throw error;
      return { hasNoCurl: `container ${name} has no curl: ${error.message}` };
    }
  };
  const own = await callFrom(container);
  if (!("hasNoCurl" in own)) return { ...base, ...own };
  if (options.spare === undefined) {
    const remedy = "--ephemeral-container adds one that has";
    return { ...base, status: "unknown", detail: `${own.hasNoCurl}; ${remedy}` };
  }
  const spare = await options.spare();
  const called = await callFrom(spare.name);
  if ("hasNoCurl" in called) return { ...base, status: "unknown", detail: called.hasNoCurl, container: spare };
  return { ...base, ...called, detail: `${called.detail}, asked from container ${spare.name}`, container: spare };
}

function judge(stdout: string, stderr: string, isRestricted: boolean): Pick<Probe, "status" | "detail" | "latency"> {
  const answers = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number))
    .map(([status = 0, seconds = 0]) => ({ status, seconds }));
  const failed = answers.filter(
    ({ status }) => status === 0 || (status >= 502 && status <= 504) || (status === 403 && !isRestricted),
  );
  const latency = latencyOf(answers.map(({ seconds }) => Math.round(seconds * 10_000) / 10));
  const statuses = [...new Set(answers.map(({ status }) => status))].join(", ");
  if (failed.length === 0) return { status: "ok", detail: `answered ${statuses}`, latency };
  const reason = stderr.trim().split("\n")[0] ?? "";
  const first = failed[0]?.status === 0 ? reason : `${failed[0]?.status}`;
  return { status: "broken", detail: `${failed.length} of ${answers.length} calls failed: ${first}`, latency };
}
