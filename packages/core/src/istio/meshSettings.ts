import { defaultMeshConfig, type Mesh, type MeshConfig, type ObservedCluster } from "../model/index.ts";
import { defaultClusterDomain } from "./hostNames.ts";

/**
 * What a cluster's mesh says of domains, namespaces, exports and defaults, as one value: every rule that depends on one of
 * them takes it from here.
 */
export interface MeshSettings extends MeshConfig {
  /** False: Istio's defaults stand for the mesh config, since ConfigMap `istio` is not there or kept from us. */
  readonly isKnown: boolean;
  /** Kubernetes' DNS domain, which no object of the cluster tells: `cluster.local` unless the Mesh says otherwise. */
  readonly clusterDomain: string;
  /** CIDR of the virtual addresses that the mesh gives names; undefined without declarations. */
  readonly addressPool: string | undefined;
}

/** What a Mesh says of it. */
export interface DeclaredMesh {
  readonly spec: Partial<Pick<Mesh["spec"], "clusterDomain" | "trustDomain" | "addressPool">>;
}

/** Where the mesh config cannot be read, the trust domain is the one that the Mesh declares. */
export function meshSettings({ meshConfig }: ObservedCluster, mesh: DeclaredMesh | undefined): MeshSettings {
  const {
    clusterDomain = defaultClusterDomain,
    trustDomain = defaultMeshConfig.trustDomain,
    addressPool,
  } = mesh?.spec ?? {};
  return {
    ...(meshConfig ?? { ...defaultMeshConfig, trustDomain }),
    isKnown: meshConfig !== undefined,
    clusterDomain,
    addressPool,
  };
}
