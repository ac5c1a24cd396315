import { isHttpOrSniffed, isTls, type Protocol } from "../istio/registry/index.ts";
import type { TraceScheme } from "./traceRequest.ts";

/** What a client speaks to a port of this protocol; undefined: one that is declared as nothing, which Istio finds out by looking. */
export function schemeOf(written: string | undefined): TraceScheme {
  // What is none of Istio's, such as SCTP, is neither HTTP nor TLS either.
  const protocol = written as Protocol | undefined;
  if (protocol === "GRPC" || protocol === "GRPC-Web") return "grpc";
  if (isTls(protocol)) return "https";
  return protocol === undefined || isHttpOrSniffed(protocol) ? "http" : "tcp";
}
