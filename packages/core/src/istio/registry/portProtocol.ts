import type { ServicePort } from "../../kinds/core.ts";

const protocols: Readonly<Record<string, string>> = {
  tcp: "TCP",
  grpc: "GRPC",
  "grpc-web": "GRPC-Web",
  http: "HTTP",
  http_proxy: "HTTP_PROXY",
  http2: "HTTP2",
  https: "HTTPS",
  tls: "TLS",
  mongo: "Mongo",
  redis: "Redis",
  mysql: "MySQL",
};

/** Appears only in appProtocol (Kubernetes' own names). */
const kubernetesProtocols: Readonly<Record<string, string>> = {
  "kubernetes.io/h2c": "HTTP2",
  "kubernetes.io/ws": "HTTP",
  "kubernetes.io/wss": "HTTPS",
};

const httpProtocols: ReadonlySet<string> = new Set(["HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-Web"]);

/** SMTP, DNS, MySQL, MongoDB: the server speaks first, so sniffing would break them. */
const neverSniffed: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/**
 * The protocol that Istio takes a Service's port for, in Istio's words; undefined where Istio finds it out by sniffing.
 * "UDP" and "SCTP" are what a sidecar cannot carry. Rule: istio/pkg/config/kube/conversion.go, ConvertProtocol.
 */
export function portProtocol(port: ServicePort): string | undefined {
  if (port.protocol === "UDP" || port.protocol === "SCTP") return port.protocol;
  const fromKubernetes = port.appProtocol === undefined ? undefined : kubernetesProtocols[port.appProtocol];
  if (fromKubernetes !== undefined) return fromKubernetes;
  const name = (port.appProtocol ?? port.name ?? "").toLowerCase();
  if (name.startsWith("grpc-web")) return "GRPC-Web";
  const prefix = name.split("-", 1)[0] ?? "";
  // The port's name may claim "udp" on a TCP port; Istio believes the name.
  if (prefix === "udp") return "UDP";
  return protocols[prefix] ?? (neverSniffed.has(port.port) ? "TCP" : undefined);
}

/** What a sidecar reads as HTTP, of the words of `portProtocol`. istio/pkg/config/protocol, IsHTTP */
export function isHttp(protocol: string | undefined): boolean {
  return protocol !== undefined && httpProtocols.has(protocol);
}
