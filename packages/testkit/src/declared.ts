import {
  type ExternalAccess,
  type ExternalService,
  externalAccessSchema,
  externalServiceSchema,
  type Intents,
  type Mesh,
  type MeshCluster,
  meshClusterSchema,
  meshSchema,
  type SharedService,
  sharedServiceSchema,
} from "@isthmus/core";

/** Builders of declarations, through the schemas, so that defaults are filled in as for a user. */

const apiVersion = "isthmus.io/v1alpha1";

export function mesh(spec: Record<string, unknown> = {}): Mesh {
  return meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" }, spec });
}

export function meshCluster(
  name: string,
  spec: Record<string, unknown> = {},
  labels: Record<string, string> = {},
): MeshCluster {
  return meshClusterSchema.parse({ apiVersion, kind: "MeshCluster", metadata: { name, labels }, spec });
}

/** `where` is `namespace/name`; served by cluster2 for namespace foo of cluster1 unless told. */
export function sharedService(where: string, spec: Record<string, unknown> = {}): SharedService {
  const [namespace = "", name = ""] = where.split("/");
  return sharedServiceSchema.parse({
    apiVersion,
    kind: "SharedService",
    metadata: { name, namespace },
    spec: { servedBy: ["cluster2"], consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }], ...spec },
  });
}

/** `where` is `namespace/name`; host `<name>.example.com` by plain HTTP to port 8000 of the Service in cluster2 unless told. */
export function externalAccess(where: string, spec: Record<string, unknown> = {}): ExternalAccess {
  const [namespace = "", name = ""] = where.split("/");
  return externalAccessSchema.parse({
    apiVersion,
    kind: "ExternalAccess",
    metadata: { name, namespace },
    spec: { hosts: [`${name}.example.com`], port: 8000, clusters: ["cluster2"], tls: { mode: "None" }, ...spec },
  });
}

/** `where` is `namespace/name`; HTTPS of `<name>.example.com` for namespace foo of cluster1 unless told. */
export function externalService(where: string, spec: Record<string, unknown> = {}): ExternalService {
  const [namespace = "", name = ""] = where.split("/");
  return externalServiceSchema.parse({
    apiVersion,
    kind: "ExternalService",
    metadata: { name, namespace },
    spec: {
      hosts: [`${name}.example.com`],
      ports: [{ number: 443, protocol: "HTTPS" }],
      consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }],
      ...spec,
    },
  });
}

/** Clusters cluster1 and cluster2 unless told. */
export function intents(sharedServices: readonly SharedService[], rest: Partial<Intents> = {}): Intents {
  return {
    mesh: mesh(),
    clusters: [meshCluster("cluster1"), meshCluster("cluster2")],
    sharedServices,
    externalAccesses: [],
    externalServices: [],
    ...rest,
  };
}
