import type { ServicePort } from "../../kinds/index.ts";

/** As it is declared. pkg/config/protocol/instance.go */
export type DeclaredProtocol =
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
  | "UDP";

/** Istio's protocol of a port; `Auto` where Istio finds it out by sniffing. */
export type Protocol = DeclaredProtocol | "Auto";

const byName: ReadonlyMap<string, DeclaredProtocol> = new Map(
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

/** Appears only in appProtocol (Kubernetes' own names). */
const kubernetesProtocols: Readonly<Record<string, DeclaredProtocol>> = {
  "kubernetes.io/h2c": "HTTP2",
  "kubernetes.io/ws": "HTTP",
  "kubernetes.io/wss": "HTTPS",
};

/** SMTP, DNS, MySQL, MongoDB: the server speaks first, so sniffing would break them. */
const neverSniffed: ReadonlySet<number> = new Set([25, 53, 3306, 27017]);

/** Of a ServiceEntry's, a Sidecar's or a Gateway's port (Parse). */
export function parseProtocol(text: string | undefined): Protocol {
  return byName.get((text ?? "").toLowerCase()) ?? "Auto";
}

/** The protocol that Istio takes a Service's port for. pkg/config/kube/conversion.go, ConvertProtocol. */
export function protocolOfServicePort(port: ServicePort): Protocol {
  if (port.protocol === "UDP") return "UDP";
  const fromKubernetes = port.appProtocol === undefined ? undefined : kubernetesProtocols[port.appProtocol];
  if (fromKubernetes !== undefined) return fromKubernetes;
  const name = (port.appProtocol ?? port.name ?? "").toLowerCase();
  if (name.startsWith("grpc-web")) return "GRPC-Web";
  // The port's name may claim "udp" on a TCP port; Istio believes the name.
  return byName.get(name.split("-", 1)[0] ?? "") ?? (neverSniffed.has(port.port) ? "TCP" : "Auto");
}

/** The same in words that declarations use: undefined where Istio finds it out; `SCTP`, like UDP, no sidecar carries. */
export function declaredProtocol(port: ServicePort): DeclaredProtocol | "SCTP" | undefined {
  if (port.protocol === "SCTP") return "SCTP";
  const protocol = protocolOfServicePort(port);
  return protocol === "Auto" ? undefined : protocol;
}

/** What a proxy reads as HTTP (IsHTTP). */
export function isHttp(protocol: Protocol | undefined): boolean {
  return protocol === "HTTP" || protocol === "HTTP_PROXY" || isHttp2(protocol);
}

export function isHttp2(protocol: Protocol | undefined): boolean {
  return protocol === "HTTP2" || protocol === "GRPC" || protocol === "GRPC-Web";
}

/** Bytes that the app encrypts by itself (IsTLS). */
export function isTls(protocol: Protocol | undefined): boolean {
  return protocol === "HTTPS" || protocol === "TLS";
}

export function isTcp(protocol: Protocol): boolean {
  return isTls(protocol) || ["TCP", "Mongo", "Redis", "MySQL"].includes(protocol);
}

export function isHttpOrSniffed(protocol: Protocol): boolean {
  return isHttp(protocol) || protocol === "Auto";
}
