import { showHostPort } from "@isthmus/core";
import type { Knock } from "@isthmus/core/doctor";
import { KubeError } from "@isthmus/kube";
import { callGateway } from "../probe/callGateway.ts";
import type { Reach } from "../reach.ts";
import { isImpatience, throwIfStopped, withPatience } from "../withPatience.ts";

export interface KnockQuestion {
  readonly address: string;
  readonly port: number;
  readonly sni: string;
  /** The client's pod with a sidecar; undefined where it cannot be entered. */
  readonly client: { readonly reach: Reach; readonly namespace: string; readonly pod: string } | undefined;
  readonly signal?: AbortSignal;
}

const seconds = 4;

/**
 * Whether somebody is at an address: from the network of the client's pod, in its sidecar's container, whose own connections
 * Istio does not redirect; where that has no curl (a distroless image), from here. Throws only the reason of a signal that stops.
 */
export async function knock(question: KnockQuestion): Promise<Knock> {
  const { address, port, sni, client, signal } = question;
  const base = { address, port };
  if (client !== undefined) {
    const { reach, namespace, pod } = client;
    const argv = [
      ...["curl", "-k", "-s", "-S", "-o", "/dev/null", "-m", `${seconds}`, "-w", "%{time_connect}"],
      ...["--connect-to", `${sni}:${port}:${showHostPort(address, port)}`, `https://${sni}:${port}/`],
    ];
    try {
      const container = "istio-proxy";
      const { exitCode, stdout, stderr } = await withPatience(3000 * seconds, signal, (patience) =>
        reach.exec({ namespace, pod, container }, argv, { signal: patience }),
      );
      return { ...base, from: "client", ...judge(exitCode, Number(stdout) > 0, stderr.trim()) };
    } catch (error) {
      throwIfStopped(signal);
      if (!(error instanceof KubeError) && !isImpatience(error)) throw error;
    }
  }
  const call = { ...base, timeout: seconds * 1000, tls: { sni, alpn: ["istio"] }, ...(signal ? { signal } : {}) };
  const answer = await callGateway(call);
  const detail = "detail" in answer ? answer.detail : "";
  if (answer.kind !== "unreachable") {
    return { ...base, from: "here", result: detail === "no answer in time" ? "silent" : "open", detail };
  }
  return { ...base, from: "here", result: detail.startsWith("no connection") ? "timeout" : "refused", detail };
}

/** https://curl.se/docs/manpage.html, exit codes */
function judge(exitCode: number, isConnected: boolean, detail: string): Pick<Knock, "result" | "detail"> {
  if (exitCode === 28) return { result: isConnected ? "silent" : "timeout", detail };
  if (exitCode === 7) return { result: "refused", detail };
  // What the other side says to a caller without a certificate is its business: it is there.
  return { result: isConnected ? "open" : "unknown", detail };
}
