import { defaultMeshConfig, type KubeObject, type MeshConfig, type Observed, readDocuments } from "@isthmus/core";

/** What a test of trace says of a cluster: manifests as YAML, and settings of istiod. */
export interface ClusterText {
  readonly yaml: string;
  readonly meshConfig?: Partial<MeshConfig>;
}

const roots = [{ fingerprint: "aa".repeat(32), subject: "CN=Root", notAfter: "2036-01-01T00:00:00Z" }];

/** Live clusters with the same root; DNS is captured unless told. Objects without a namespace are in `default`. */
export function observedOf(clusters: Readonly<Record<string, ClusterText>>): Observed {
  return {
    clusters: new Map(
      Object.entries(clusters).map(([name, { yaml, meshConfig = {} }]) => [
        name,
        {
          name,
          source: "live",
          objects: objectsOf(yaml),
          istiodVersions: ["1.28.0"],
          trustRoots: roots,
          meshConfig: {
            ...defaultMeshConfig,
            proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" },
            ...meshConfig,
          },
        },
      ]),
    ),
    unreachable: new Map(),
  };
}

function objectsOf(yaml: string): readonly KubeObject[] {
  return readDocuments({ name: "test.yaml", text: yaml }).documents.map(({ value }) => {
    const object = value as KubeObject;
    const clusterScoped = object.kind === "Namespace" || object.kind === "Node";
    return clusterScoped ? object : { ...object, metadata: { namespace: "default", ...object.metadata } };
  });
}

/** A ready pod with a sidecar, as YAML: `podYaml("foo/sleep", "10.0.0.1")`. */
export function podYaml(
  where: string,
  address: string,
  {
    sidecar = true,
    labels = {},
    annotations = {},
    ready = true,
    ports = [],
  }: {
    readonly sidecar?: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ready?: boolean;
    readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  } = {},
): string {
  const [namespace = "", name = ""] = where.split("/");
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: { app: name, ...(sidecar ? { "security.istio.io/tlsMode": "istio" } : {}), ...labels },
      annotations,
    },
    spec: {
      serviceAccountName: name,
      containers: [{ name: "app", ports }, ...(sidecar ? [{ name: "istio-proxy" }] : [])],
    },
    status: {
      phase: "Running",
      podIP: address,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
  return `${JSON.stringify(pod)}\n---\n`;
}
