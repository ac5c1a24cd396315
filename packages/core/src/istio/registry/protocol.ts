import type { ServicePort } from "../../kinds/core.ts";
import { portProtocol } from "./portProtocol.ts";

/** Istio's protocol of a port; `Auto` where Istio finds it out by sniffing. istio/pkg/config/protocol/instance.go */
export type Protocol =
  | "HTTP"
  | "HTTP2"
  | "GRPC"
  | "GRPC-Web"
  | "HTTP_PROXY"
  | "HTTPS"
  | "TLS"
  | "TCP"
  | "Mongo"
  | "Redis"
  | "MySQL"
  | "UDP"
  | "Auto";

const byName: ReadonlyMap<string, Protocol> = new Map(
  (
    [
      "HTTP",
      "HTTP2",
      "GRPC",
      "GRPC-Web",
      "HTTP_PROXY",
      "HTTPS",
      "TLS",
      "TCP",
      "Mongo",
      "Redis",
      "MySQL",
      "UDP",
    ] as const
  ).map((protocol) => [protocol.toLowerCase(), protocol]),
);

/** Of a ServiceEntry's or a Gateway's port. */
export function parseProtocol(text: string | undefined): Protocol {
  return byName.get((text ?? "").toLowerCase()) ?? "Auto";
}

export function protocolOfServicePort(port: ServicePort): Protocol {
  return parseProtocol(portProtocol(port));
}

export function isHttp(protocol: Protocol): boolean {
  return protocol === "HTTP" || protocol === "HTTP_PROXY" || isHttp2(protocol);
}

export function isHttp2(protocol: Protocol): boolean {
  return protocol === "HTTP2" || protocol === "GRPC" || protocol === "GRPC-Web";
}

export function isTls(protocol: Protocol): boolean {
  return protocol === "HTTPS" || protocol === "TLS";
}

export function isTcp(protocol: Protocol): boolean {
  return isTls(protocol) || ["TCP", "Mongo", "Redis", "MySQL"].includes(protocol);
}

export function isHttpOrSniffed(protocol: Protocol): boolean {
  return isHttp(protocol) || protocol === "Auto";
}
