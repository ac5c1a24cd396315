import type { IWasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1/WasmPlugin";
import type { IGateway } from "@kubernetes-models/istio/networking.istio.io/v1/Gateway";
import type { IServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1/ServiceEntry";
import type { ISidecar } from "@kubernetes-models/istio/networking.istio.io/v1/Sidecar";
import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1/VirtualService";
import type { IWorkloadEntry } from "@kubernetes-models/istio/networking.istio.io/v1/WorkloadEntry";
import type { IEnvoyFilter } from "@kubernetes-models/istio/networking.istio.io/v1alpha3/EnvoyFilter";
import type { IAuthorizationPolicy } from "@kubernetes-models/istio/security.istio.io/v1/AuthorizationPolicy";
import type { IPeerAuthentication } from "@kubernetes-models/istio/security.istio.io/v1/PeerAuthentication";
import type { IRequestAuthentication } from "@kubernetes-models/istio/security.istio.io/v1/RequestAuthentication";
import type { KubeObject } from "./kubeObject.ts";

/** Istio's kinds that we read or write, with the spec types that are generated from Istio's CRDs. */
export interface Gateway extends KubeObject {
  readonly kind: "Gateway";
  readonly spec: NonNullable<IGateway["spec"]>;
}

export interface ServiceEntry extends KubeObject {
  readonly kind: "ServiceEntry";
  readonly spec: IServiceEntry["spec"];
}

export interface WorkloadEntry extends KubeObject {
  readonly kind: "WorkloadEntry";
  readonly spec: NonNullable<IWorkloadEntry["spec"]>;
}

export interface VirtualService extends KubeObject {
  readonly kind: "VirtualService";
  readonly spec: NonNullable<IVirtualService["spec"]>;
}

export interface EnvoyFilter extends KubeObject {
  readonly kind: "EnvoyFilter";
  readonly spec: NonNullable<IEnvoyFilter["spec"]>;
}

export interface AuthorizationPolicy extends KubeObject {
  readonly kind: "AuthorizationPolicy";
  readonly spec: NonNullable<IAuthorizationPolicy["spec"]>;
}

export interface PeerAuthentication extends KubeObject {
  readonly kind: "PeerAuthentication";
  readonly spec: NonNullable<IPeerAuthentication["spec"]>;
}

export interface RequestAuthentication extends KubeObject {
  readonly kind: "RequestAuthentication";
  readonly spec: NonNullable<IRequestAuthentication["spec"]>;
}

export interface WasmPlugin extends KubeObject {
  readonly kind: "WasmPlugin";
  readonly spec: IWasmPlugin["spec"];
}

export interface Sidecar extends KubeObject {
  readonly kind: "Sidecar";
  readonly spec: NonNullable<ISidecar["spec"]>;
}

/** By hand, as no types of it are generated. istio/api networking/v1beta1/proxy_config.proto */
export interface ProxyConfig extends KubeObject {
  readonly kind: "ProxyConfig";
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly environmentVariables?: Readonly<Record<string, string>>;
  };
}

/** Served since Istio 1.22; we write this version. */
export const networkingApiVersion = "networking.istio.io/v1";
/** Of EnvoyFilter, which has no other. */
export const envoyFilterApiVersion = "networking.istio.io/v1alpha3";
export const securityApiVersion = "security.istio.io/v1";
