import type { Arrival } from "./arrival.ts";

/** `mutual TLS for outbound_.8000_._.httpbin.bar.svc.cluster.local`, for people. */
export function showConnection({ transport, payload }: Pick<Arrival, "transport" | "payload">): string {
  if (transport.mode !== "none") {
    const kind = transport.mode === "ISTIO_MUTUAL" ? "mutual TLS" : "TLS";
    return `${kind} ${transport.sni === "" ? "without SNI" : `for ${transport.sni}`}`;
  }
  if (payload.kind === "tls") return `TLS ${payload.sni === "" ? "without SNI" : `for ${payload.sni}`}`;
  return payload.kind === "http" ? `HTTP for ${payload.authority}` : "a TCP connection";
}
