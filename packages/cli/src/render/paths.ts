import { type DeclaredPath, showHostPort } from "@isthmus/core";
import type { Style } from "./style.ts";

/** `http://httpbin.bar.cluster2:8000`, with the scheme that a client of that protocol would use; without one where none is known. */
export function urlOf({ protocol, host, port }: DeclaredPath): string {
  return `${protocol === undefined ? "" : `${schemeOf(protocol)}://`}${showHostPort(host, port)}`;
}

function schemeOf(protocol: string): string {
  switch (protocol) {
    case "HTTP":
    case "HTTP2":
      return "http";
    case "HTTPS":
      return "https";
    default:
      return protocol.toLowerCase();
  }
}

/** One line a path: who calls, the name, who serves. */
export function renderPath(path: DeclaredPath, style: Style): string {
  return [callerOf(path), style.faint("→"), style.accent(urlOf(path)), style.faint(`(${serverOf(path)})`)].join(" ");
}

function callerOf(path: DeclaredPath): string {
  if (path.direction === "in") return "outside";
  const { cluster, namespace } = path.consumer;
  return namespace === "*" ? cluster : `${namespace}@${cluster}`;
}

function serverOf(path: DeclaredPath): string {
  if (path.direction === "out") return path.via === undefined ? "outside" : `outside, via ${path.via}`;
  const { service, namespace, cluster } = path.server;
  const server = `${service}.${namespace}@${cluster}`;
  return path.direction === "in" && path.isRedirect ? `${server}, sent to HTTPS` : server;
}
