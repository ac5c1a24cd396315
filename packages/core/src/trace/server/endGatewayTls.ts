import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, failedConnection, passed, show, traced } from "./arrival.ts";
import { checkIdentity } from "./checkIdentity.ts";
import type { GatewayChain } from "./gatewayChain.ts";
import type { GatewayPod } from "./gatewayPod.ts";
import { showConnection } from "./showConnection.ts";

type Ended = { readonly arrival: Arrival } | { readonly branches: readonly TraceBranch[] };

/**
 * A server that ends TLS, or expects none (pilot/pkg/networking/core/listener.go, BuildListenerTLSContext). Secrets are never
 * read: that the one of `credentialName` is there and good is taken for granted.
 */
export function endGatewayTls(
  arrival: Arrival,
  { cluster, workload }: GatewayPod,
  { server, endsTls }: Extract<GatewayChain, { kind: "http" | "tcp" }>,
): Ended {
  const { gateway, index } = server;
  const { tls } = server.server;
  const hop = {
    name: "gateway" as const,
    cluster: cluster.name,
    object: traced(cluster.name, gateway),
    field: `spec.servers[${index}].${endsTls ? "tls" : "port.protocol"}`,
    source: "pilot/pkg/networking/core/listener.go",
  };
  const isTls = arrival.transport.mode !== "none" || arrival.payload.kind === "tls";
  if (!endsTls) {
    if (!isTls || server.server.port.protocol.toUpperCase() === "TCP") return { arrival };
    const fault = {
      ...hop,
      code: "TRACE_NO_FILTER_CHAIN" as const,
      detail: `server ${index} of ${show(gateway)} expects plain HTTP, and the connection is ${showConnection(arrival)}`,
      mend: "Call it with http, or give the server protocol HTTPS and tls settings.",
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UF")) };
  }
  if (!isTls) {
    const fault = {
      ...hop,
      code: "TRACE_NO_FILTER_CHAIN" as const,
      detail: `server ${index} of ${show(gateway)} expects TLS, and the connection is ${showConnection(arrival)}`,
      mend: "Call it with TLS, or give the server protocol HTTP and no tls settings.",
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
  }
  if (tls?.mode === "ISTIO_MUTUAL") {
    const checked = checkIdentity(arrival, cluster, workload, { checksTrustDomain: false });
    return "branches" in checked ? checked : { arrival: { ...checked.arrival, transport: { mode: "none" } } };
  }
  const { transport } = arrival;
  if (transport.mode === "ISTIO_MUTUAL" && transport.trusts === "mesh") {
    const fault = {
      ...hop,
      name: "identity" as const,
      code: "TRACE_IDENTITY" as const,
      detail: `server ${index} of ${show(gateway)} shows the certificate of its credential, and the caller expects an identity of the mesh`,
      mend: `Use tls.mode ISTIO_MUTUAL at the server, or SIMPLE in the caller's DestinationRule.`,
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UF")) };
  }
  const shows = transport.mode === "MUTUAL" || transport.mode === "ISTIO_MUTUAL";
  if (tls?.mode === "MUTUAL" && !shows) {
    const fault = {
      ...hop,
      code: "TRACE_CLIENT_CERTIFICATE" as const,
      detail: `server ${index} of ${show(gateway)} asks for a client certificate, and the client shows none`,
      mend: "Call with a certificate of the server's CA, or use mode SIMPLE.",
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
  }
  const credential = tls?.credentialName ?? tls?.serverCertificate ?? "";
  const at = passed(arrival, {
    ...hop,
    detail: `server ${index} of ${show(gateway)} ends the TLS with credential ${credential}, which is not looked into`,
  });
  const payload = at.transport.mode === "none" && at.payload.kind === "tls" ? at.payload.inner : at.payload;
  return { arrival: { ...at, transport: { mode: "none" }, payload } };
}
