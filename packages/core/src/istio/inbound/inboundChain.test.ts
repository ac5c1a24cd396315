import { expect, test } from "vitest";
import type { HttpPayload, Payload, ProxyTls, Transport } from "../connection.ts";
import type { MutualTlsMode } from "../policy/peerAuthentication.ts";
import { inboundChain, type ListenerProtocol } from "./inboundChain.ts";

const request: HttpPayload = {
  kind: "http",
  version: "http1",
  method: "GET",
  authority: "httpbin:8000",
  path: "/",
  headers: {},
};
const mutual = (alpn: string): ProxyTls => ({
  mode: "ISTIO_MUTUAL",
  sni: "",
  alpn: [alpn],
  acceptedSubjectAltNames: [],
  trusts: "mesh",
});
const connections: Readonly<Record<string, { readonly transport: Transport; readonly payload: Payload }>> = {
  "plain HTTP": { transport: { mode: "none" }, payload: request },
  "plain bytes": { transport: { mode: "none" }, payload: { kind: "tcp" } },
  "the client's TLS": {
    transport: { mode: "none" },
    payload: { kind: "tls", sni: "httpbin", alpn: ["h2", "http/1.1"], inner: request },
  },
  "mutual TLS": { transport: mutual("istio"), payload: request },
  "mutual TLS of HTTP": { transport: mutual("istio-http/1.1"), payload: request },
};

/** `http`, `tcp`, with `+` where the chain ends the TLS; `-` where no chain takes it. */
function chains(mode: MutualTlsMode, protocol: ListenerProtocol): Record<string, string> {
  const found = Object.entries(connections).map(([name, connection]) => {
    const chain = inboundChain(mode, protocol, connection);
    return [name, chain === undefined ? "-" : `${chain.protocol}${chain.endsTls ? "+" : ""}`];
  });
  return Object.fromEntries(found);
}

test("STRICT takes TLS only", () => {
  const none = { "plain HTTP": "-", "plain bytes": "-" };

  expect(chains("STRICT", "http")).toEqual({
    ...none,
    "the client's TLS": "http+",
    "mutual TLS": "http+",
    "mutual TLS of HTTP": "http+",
  });
  expect(chains("STRICT", "auto")).toEqual({
    ...none,
    "the client's TLS": "tcp+",
    "mutual TLS": "tcp+",
    "mutual TLS of HTTP": "http+",
  });
});

test("PERMISSIVE ends the mesh's TLS and takes plain text; another TLS is for ports that are not HTTP", () => {
  expect(chains("PERMISSIVE", "http")).toEqual({
    "plain HTTP": "http",
    "plain bytes": "http",
    "the client's TLS": "-",
    "mutual TLS": "http+",
    "mutual TLS of HTTP": "http+",
  });
  expect(chains("PERMISSIVE", "tcp")).toEqual({
    "plain HTTP": "tcp",
    "plain bytes": "tcp",
    "the client's TLS": "tcp",
    "mutual TLS": "tcp+",
    "mutual TLS of HTTP": "tcp+",
  });
  expect(chains("PERMISSIVE", "auto")).toEqual({
    "plain HTTP": "http",
    "plain bytes": "tcp",
    "the client's TLS": "tcp",
    "mutual TLS": "tcp+",
    "mutual TLS of HTTP": "http+",
  });
});

test("DISABLE takes everything as it comes", () => {
  expect(chains("DISABLE", "auto")).toEqual({
    "plain HTTP": "http",
    "plain bytes": "tcp",
    "the client's TLS": "tcp",
    "mutual TLS": "tcp",
    "mutual TLS of HTTP": "tcp",
  });
});
