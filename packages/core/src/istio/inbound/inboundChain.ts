import type { Payload, Transport } from "../connection.ts";
import type { MutualTlsMode } from "../policy/peerAuthentication.ts";

/** What a filter chain serves a port as; `auto` finds out by looking at the first bytes. */
export type ListenerProtocol = "http" | "tcp" | "auto";

export interface InboundChain {
  readonly protocol: "http" | "tcp";
  /** The chain ends the TLS and asks for the client's certificate. */
  readonly endsTls: boolean;
}

const istioAlpn = new Set(["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"]);
const istioHttpAlpn = new Set(["istio-http/1.0", "istio-http/1.1", "istio-h2"]);

/**
 * The filter chain of a sidecar's inbound port that takes a connection; undefined where none does, and Envoy closes it.
 * pilot/pkg/networking/core/filterchain_options.go; in DISABLE the TLS inspector is off for the port
 * (listener_inbound.go, populateListenerFilters), and TLS is bytes like any other.
 */
export function inboundChain(
  mode: MutualTlsMode,
  protocol: ListenerProtocol,
  connection: { readonly transport: Transport; readonly payload: Payload },
): InboundChain | undefined {
  const alpn = mode === "DISABLE" ? undefined : alpnOf(connection);
  const plainHttp = connection.transport.mode === "none" && connection.payload.kind === "http";
  const offers = (set: ReadonlySet<string>) => alpn?.some((each) => set.has(each)) ?? false;
  if (mode === "STRICT") {
    if (alpn === undefined) return undefined;
    if (protocol === "auto") return { protocol: offers(istioHttpAlpn) ? "http" : "tcp", endsTls: true };
    return { protocol, endsTls: true };
  }
  const plain = (isHttp: boolean): InboundChain => ({ protocol: isHttp ? "http" : "tcp", endsTls: false });
  if (mode === "DISABLE" || alpn === undefined) return plain(protocol === "http" || (protocol === "auto" && plainHttp));
  if (offers(istioAlpn)) {
    const isHttp = protocol === "http" || (protocol === "auto" && offers(istioHttpAlpn));
    return { protocol: isHttp ? "http" : "tcp", endsTls: true };
  }
  return protocol === "http" ? undefined : plain(false);
}

/** Undefined where the connection is not TLS. */
export function alpnOf({ transport, payload }: ConnectionBytes): readonly string[] | undefined {
  if (transport.mode !== "none") return transport.alpn;
  return payload.kind === "tls" ? payload.alpn : undefined;
}

/** Empty where the client hello has none, undefined where there is no TLS. */
export function sniOf({ transport, payload }: ConnectionBytes): string | undefined {
  if (transport.mode !== "none") return transport.sni;
  return payload.kind === "tls" ? payload.sni : undefined;
}

interface ConnectionBytes {
  readonly transport: Transport;
  readonly payload: Payload;
}
