import type { ServicePort } from "./core.ts";
import type { KubeObject } from "./kubeObject.ts";

/** Multi-Cluster Services (KEP-1645). https://github.com/kubernetes-sigs/mcs-api, pkg/apis/v1alpha1 */
export const mcsGroup = "multicluster.x-k8s.io";
export const mcsApiVersion = `${mcsGroup}/v1alpha1`;
/** The DNS domain of imported services: fixed by the KEP. */
export const clusterSetDomain = "clusterset.local";

/** "The Service of my name and namespace may be called from the other clusters." */
export interface ServiceExport extends KubeObject {
  readonly kind: "ServiceExport";
  readonly spec?: {
    readonly exportedLabels?: Readonly<Record<string, string>>;
    readonly exportedAnnotations?: Readonly<Record<string, string>>;
  };
}

export interface ServiceImport extends KubeObject {
  readonly kind: "ServiceImport";
  readonly spec: {
    readonly type: "ClusterSetIP" | "Headless";
    readonly ips?: readonly string[];
    readonly sessionAffinity?: string;
    readonly ports: readonly Pick<ServicePort, "name" | "port" | "protocol" | "appProtocol">[];
  };
}
