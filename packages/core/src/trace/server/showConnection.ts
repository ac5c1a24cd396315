import type { Protection } from "../traceResult.ts";
import type { Arrival } from "./arrival.ts";

type Connection = Pick<Arrival, "transport" | "payload">;

/** `mutual TLS for outbound_.8000_._.httpbin.bar.svc.cluster.local`, for people. */
export function showConnection({ transport, payload }: Connection): string {
  if (transport.mode !== "none") {
    const kind = transport.mode === "ISTIO_MUTUAL" ? "mutual TLS" : "TLS";
    return `${kind} ${transport.sni === "" ? "without SNI" : `for ${transport.sni}`}`;
  }
  if (payload.kind === "tls") return `TLS ${payload.sni === "" ? "without SNI" : `for ${payload.sni}`}`;
  return payload.kind === "http" ? `HTTP for ${payload.authority}` : "a TCP connection";
}

/** Both ends show certificates in the mesh's mutual TLS, and else where the client has one and is known to be asked for it. */
export function protectionOf({ transport, payload }: Connection, asksForCertificate = false): Protection {
  if (transport.mode === "ISTIO_MUTUAL" || (transport.mode === "MUTUAL" && asksForCertificate)) return "mutual TLS";
  if (transport.mode !== "none") return "TLS";
  if (payload.kind !== "tls") return "plain text";
  return payload.clientNames !== undefined && asksForCertificate ? "mutual TLS" : "TLS";
}
