import { MeshError, type WrittenIntent } from "@isthmus/core";

export interface ConnectOptions {
  readonly from: string[];
  readonly to: string[];
  readonly as?: ("PerCluster" | "SameName" | "Mesh")[];
  readonly port?: number[];
}

export type WrittenSharedService = Extract<WrittenIntent, { readonly kind: "SharedService" }>;

/** The SharedService that the arguments of `isthmus connect` describe. Throws USAGE. */
export function connectIntent(service: string, options: ConnectOptions): WrittenSharedService {
  const [name = "", namespace = "", ...more] = service.split(".");
  if (name === "" || namespace === "" || more.length > 0) {
    throw usage(`${service} is not <service>.<namespace>`, "such as httpbin.bar");
  }
  const namespaces = new Map<string, string[]>();
  for (const to of options.to) {
    const [cluster = "", consumer, ...rest] = to.split("/");
    if (cluster === "" || consumer === "" || rest.length > 0) {
      throw usage(`--to ${to} is neither <cluster> nor <cluster>/<namespace>`, "such as --to cluster1/foo");
    }
    namespaces.set(cluster, [...(namespaces.get(cluster) ?? []), ...(consumer === undefined ? [] : [consumer])]);
  }
  return {
    apiVersion: "isthmus.io/v1alpha1",
    kind: "SharedService",
    metadata: { name, namespace },
    spec: {
      ...(options.port === undefined ? {} : { ports: options.port }),
      servedBy: options.from,
      consumers: [...namespaces].map(([cluster, list]) => ({
        clusters: [cluster],
        // A cluster as a whole includes each namespace of it.
        ...(list.length === 0 || options.to.includes(cluster) ? {} : { namespaces: list }),
      })),
      ...(options.as === undefined ? {} : { as: options.as }),
    },
  };
}

function usage(message: string, hint: string): MeshError {
  return new MeshError({ code: "USAGE", at: {}, message, hint });
}
