import { say, usage, type WrittenIntent } from "@isthmus/core";

export interface ConnectOptions {
  readonly from: string[];
  readonly to: string[];
  readonly as?: ("PerCluster" | "SameName" | "Mesh")[];
  readonly port?: number[];
}

export type WrittenSharedService = Extract<WrittenIntent, { readonly kind: "SharedService" }>;

/** The SharedService that the arguments of `isthmus connect` describe. Throws USAGE. */
export function connectIntent(service: string, options: ConnectOptions): WrittenSharedService {
  const metadata = parseService(service);
  const namespaces = new Map<string, string[]>();
  for (const to of options.to) {
    const { cluster, namespace } = parseConsumer(to);
    namespaces.set(cluster, [...(namespaces.get(cluster) ?? []), ...(namespace === undefined ? [] : [namespace])]);
  }
  return {
    apiVersion: "isthmus.io/v1alpha1",
    kind: "SharedService",
    metadata,
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

/** `httpbin.bar`, `bar/httpbin`, or the name by which a cluster's own clients call it. Throws USAGE. */
export function parseService(service: string): { readonly name: string; readonly namespace: string } {
  const [, name, namespace] = /^([^./]+)\.([^./]+)(?:\.svc(?:\.[^/]+)?)?\.?$/.exec(service) ?? [];
  const [, slashNamespace, slashName] = /^([^./]+)\/([^./]+)$/.exec(service) ?? [];
  const found = { name: name ?? slashName, namespace: namespace ?? slashNamespace };
  if (found.name !== undefined && found.namespace !== undefined)
    return { name: found.name, namespace: found.namespace };
  throw usage(say`${{ service }} is not a Service and its namespace`, "such as httpbin.bar, or bar/httpbin");
}

/** `cluster1`, or `cluster1/foo`. Throws USAGE. */
export function parseConsumer(to: string): { readonly cluster: string; readonly namespace?: string } {
  const [cluster = "", namespace, ...rest] = to.split("/");
  if (cluster === "" || namespace === "" || rest.length > 0) {
    throw usage(say`--to ${{ to }} is neither a cluster nor a cluster and its namespace`, "such as --to cluster1/foo");
  }
  return namespace === undefined ? { cluster } : { cluster, namespace };
}
