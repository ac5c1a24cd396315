import type { GatewayChain, GatewayPod } from "../../istio/gateway/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, ended, failedConnection, passed, show } from "./arrival.ts";
import { checkIdentity } from "./checkIdentity.ts";
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
    object: clusterObject(cluster.name, gateway),
    field: `${server.field}.${endsTls ? "tls" : "port.protocol"}`,
    source: "pilot/pkg/networking/core/listener.go",
  };
  const isTls = arrival.transport.mode !== "none" || arrival.payload.kind === "tls";
  if (!endsTls) {
    if (!isTls || server.server.port.protocol.toUpperCase() === "TCP") return { arrival };
    const fault = {
      ...hop,
      code: "TRACE_NO_FILTER_CHAIN" as const,
      detail: `server ${index} of ${show(gateway)} expects plain HTTP, and the connection is ${showConnection(arrival)}`,
      fix: "Call it with http, or give the server protocol HTTPS and tls settings.",
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UF")) };
  }
  if (!isTls) {
    const fault = {
      ...hop,
      code: "TRACE_NO_FILTER_CHAIN" as const,
      detail: `server ${index} of ${show(gateway)} expects TLS, and the connection is ${showConnection(arrival)}`,
      fix: "Call it with TLS, or give the server protocol HTTP and no tls settings.",
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
      fix: `Use tls.mode ISTIO_MUTUAL at the server, or SIMPLE in the caller's DestinationRule.`,
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UF")) };
  }
  const shown = clientNames(arrival);
  if (tls?.mode === "MUTUAL" && shown === undefined) {
    const fault = {
      ...hop,
      code: "TRACE_CLIENT_CERTIFICATE" as const,
      detail: `server ${index} of ${show(gateway)} asks for a client certificate, and the client shows none`,
      fix: "Call with a certificate of the server's CA (in a trace: --client-certificate), or use mode SIMPLE.",
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
  }
  const { subjectAltNames = [], verifyCertificateSpki = [], verifyCertificateHash = [] } = tls ?? {};
  const looksAtNames = shown !== undefined && asksForCertificate(tls?.mode);
  if (looksAtNames && (verifyCertificateSpki.length > 0 || verifyCertificateHash.length > 0)) {
    return untold(arrival, {
      ...hop,
      detail: `${show(gateway)} takes only client certificates with certain fingerprints`,
    });
  }
  if (looksAtNames && subjectAltNames.length > 0) {
    const wanted = subjectAltNames.join(", ");
    if (shown === "unknown") {
      return untold(arrival, {
        ...hop,
        detail: `whether the client's certificate has a name of ${wanted} is not to be seen`,
      });
    }
    if (!shown.some((name) => subjectAltNames.includes(name))) {
      const fault = {
        ...hop,
        field: `${server.field}.tls.subjectAltNames`,
        code: "TRACE_CLIENT_CERTIFICATE" as const,
        detail: `server ${index} of ${show(gateway)} takes only client certificates for ${wanted}, and the client's is for ${shown.join(", ") || "nobody"}`,
        fix: `Call with a certificate for one of them, or add the client's name to subjectAltNames of ${show(gateway)}.`,
      };
      return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
    }
  }
  const credential = tls?.credentialName ?? tls?.serverCertificate ?? "";
  const at = passed(arrival, {
    ...hop,
    assumes: [{ about: "credential", detail: `${credential} holds a valid certificate` }],
    detail: `server ${index} of ${show(gateway)} ends the TLS with credential ${credential}`,
  });
  const payload = at.transport.mode === "none" && at.payload.kind === "tls" ? at.payload.inner : at.payload;
  return { arrival: { ...at, transport: { mode: "none" }, payload } };
}

export function asksForCertificate(mode: string | undefined): boolean {
  return mode === "MUTUAL" || mode === "OPTIONAL_MUTUAL";
}

/** The names in the certificate that the client shows; undefined where it shows none, "unknown" for one that we don't read. */
export function clientNames({ transport, payload }: Pick<Arrival, "transport" | "payload">) {
  if (transport.mode === "MUTUAL") return "unknown" as const;
  return transport.mode === "none" && payload.kind === "tls" ? payload.clientNames : undefined;
}

function untold(arrival: Arrival, hop: Parameters<typeof passed>[1]): Ended {
  return { branches: ended(passed(arrival, hop, "unknown"), { kind: "unknown", why: hop.detail }) };
}
