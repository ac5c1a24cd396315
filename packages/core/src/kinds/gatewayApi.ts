import type { LabelSelector } from "./core.ts";
import type { KubeObject } from "./kubeObject.ts";

/** The parts of Gateway API v1 that we read or write. https://gateway-api.sigs.k8s.io/reference/spec/ */
export const gatewayApiGroup = "gateway.networking.k8s.io";
export const gatewayApiVersion = `${gatewayApiGroup}/v1`;

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly weight?: number;
}

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

interface RouteSpec<Rule> {
  readonly parentRefs?: readonly ParentRef[];
  readonly hostnames?: readonly string[];
  readonly rules?: readonly Rule[];
}

interface ValueMatch {
  readonly type?: string;
  readonly name: string;
  readonly value: string;
}

export interface HttpRouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  readonly method?: string;
  readonly headers?: readonly ValueMatch[];
  readonly queryParams?: readonly ValueMatch[];
}

interface HeaderValue {
  readonly name: string;
  readonly value: string;
}

interface PathModifier {
  readonly type?: string;
  readonly replaceFullPath?: string;
  readonly replacePrefixMatch?: string;
}

export interface HttpRouteFilter {
  readonly type: string;
  readonly requestRedirect?: { readonly scheme?: string; readonly statusCode?: number };
  readonly requestHeaderModifier?: {
    readonly set?: readonly HeaderValue[];
    readonly add?: readonly HeaderValue[];
    readonly remove?: readonly string[];
  };
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: PathModifier };
}

export interface HttpRouteRule {
  readonly matches?: readonly HttpRouteMatch[];
  readonly filters?: readonly HttpRouteFilter[];
  readonly retry?: { readonly attempts?: number };
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string };
  readonly backendRefs?: readonly (BackendRef & { readonly filters?: readonly HttpRouteFilter[] })[];
}

export interface HttpRoute extends KubeObject {
  readonly kind: "HTTPRoute";
  readonly spec?: RouteSpec<HttpRouteRule>;
}

export interface TlsRoute extends KubeObject {
  readonly kind: "TLSRoute";
  readonly spec?: RouteSpec<{ readonly backendRefs?: readonly BackendRef[] }>;
}

export interface GrpcRoute extends KubeObject {
  readonly kind: "GRPCRoute";
  readonly spec?: RouteSpec<{ readonly backendRefs?: readonly BackendRef[] }>;
}

export interface TcpRoute extends KubeObject {
  readonly kind: "TCPRoute";
  readonly spec?: RouteSpec<{ readonly backendRefs?: readonly BackendRef[] }>;
}

/** What leads calls that a gateway or a sidecar has to backends. */
export type ApiRoute = HttpRoute | GrpcRoute | TcpRoute | TlsRoute;

export interface ReferenceGrant extends KubeObject {
  readonly kind: "ReferenceGrant";
  readonly spec: {
    readonly from?: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    readonly to?: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

export interface Listener {
  readonly name: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS" | "TLS" | "TCP";
  readonly hostname?: string;
  readonly tls?: {
    readonly mode?: "Terminate" | "Passthrough";
    readonly certificateRefs?: readonly {
      readonly group?: string;
      readonly kind?: string;
      readonly name: string;
      readonly namespace?: string;
    }[];
    readonly options?: Readonly<Record<string, string>>;
  };
  readonly allowedRoutes?: {
    readonly kinds?: readonly { readonly kind: string }[];
    readonly namespaces?: {
      readonly from?: string;
      readonly selector?: LabelSelector;
    };
  };
}

/** Not Istio's kind of the same name. */
export interface ApiGateway extends KubeObject {
  readonly kind: "Gateway";
  readonly spec: {
    readonly gatewayClassName: string;
    /** Without a value any address will do. */
    readonly addresses?: readonly { readonly type?: string; readonly value?: string }[];
    readonly listeners: readonly Listener[];
  };
}
