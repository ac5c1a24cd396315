import type { KubeObject } from "./kubeObject.ts";

/** The parts of the built-in kinds that we read. https://kubernetes.io/docs/reference/kubernetes-api/ */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

export interface Service extends KubeObject {
  readonly kind: "Service";
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly externalName?: string;
    readonly externalTrafficPolicy?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly publishNotReadyAddresses?: boolean;
    readonly internalTrafficPolicy?: string;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
  /** Only `readVariables`. */
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext?: { readonly runAsUser?: number };
}

/** Switches of istiod that tell how it takes other objects, and of sidecars. */
export const readVariables: readonly string[] = ["CLUSTER_ID", "ENABLE_MCS_HOST", "ISTIO_META_DNS_CAPTURE"];

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly hostNetwork?: boolean;
  readonly securityContext?: { readonly runAsUser?: number };
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Pick<Container, "name" | "image">[];
}

/** Of a container: one of the three. */
export interface ContainerState {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly message?: string };
}

export interface Pod extends KubeObject {
  readonly kind: "Pod";
  readonly spec: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip?: string }[];
    readonly ephemeralContainerStatuses?: readonly { readonly name: string; readonly state?: ContainerState }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Deployment, StatefulSet, DaemonSet, ReplicaSet: what a directory of manifests has in place of Pods. */
export interface PodController extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    /** Of a StatefulSet: the headless Service that its pods have names under, and the number of the first pod. */
    readonly serviceName?: string;
    readonly ordinals?: { readonly start?: number };
    readonly template: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: PodSpec;
    };
  };
}

export interface Node extends KubeObject {
  readonly kind: "Node";
  readonly spec?: { readonly unschedulable?: boolean; readonly podCIDRs?: readonly string[] };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** What Pods and Nodes say of themselves. */
export interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Whether condition Ready is True: of a Pod that it may get traffic, of a Node that it runs Pods. */
export function isReady({ status }: WithConditions): boolean {
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`. */
  readonly operator: string;
  readonly values?: readonly string[];
}
