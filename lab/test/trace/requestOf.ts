import type { TraceRequest, TraceScheme } from "@isthmus/core/trace";
import type { Call, Place } from "./scenario.ts";

/** A call as trace is asked about it. */
export function requestOf({ call }: { readonly call: Call }): TraceRequest {
  const [namespace = "", workload = ""] = call.from.split("/");
  const [scheme = "http", rest = ""] = call.url.split("://");
  const [authority = "", ...path] = rest.split("/");
  const [host = "", port = scheme === "https" ? "443" : "80"] = authority.split(":");
  const request = {
    method: call.method ?? "GET",
    url: { scheme: scheme as TraceScheme, host, port: Number(port), path: `/${path.join("/")}` },
    headers: call.headers ?? {},
    ...(call.claims === undefined ? {} : { claims: call.claims }),
    ...(call.certificate === undefined ? {} : { clientCertificate: { subjectAltNames: [call.certificate] } }),
  };
  return call.from === "outside"
    ? { from: { outside: true }, ...request }
    : {
        from: {
          ...{ cluster: call.cluster, namespace, workload },
          ...(call.resolve === undefined ? {} : { resolved: call.resolve }),
        },
        ...request,
      };
}

/** A client outside that calls a name, and not an address. */
export function isByName({ call }: { readonly call: Call }): boolean {
  return call.from === "outside" && !/^[\d.]+$/.test(new URL(call.url).hostname);
}

export function requestAtGateway({ call, place }: { readonly call: Call; readonly place: Place }): TraceRequest {
  const { gatewayAddress: address, ports } = place;
  const port = call.url.startsWith("https:") ? ports.https : ports.http;
  return { ...requestOf({ call }), from: { outside: true, connectTo: { address, port } } };
}
