import type { KubeObject } from "./kubeObject.ts";

/** The parts of Gateway API v1 that we read. https://gateway-api.sigs.k8s.io/reference/spec/ */
export const gatewayApiGroup = "gateway.networking.k8s.io";

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
}

export interface HttpRoute extends KubeObject {
  readonly kind: "HTTPRoute";
  readonly spec?: {
    readonly rules?: readonly { readonly backendRefs?: readonly BackendRef[] }[];
  };
}
