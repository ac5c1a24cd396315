import * as z from "zod";

export const group = "isthmus.io";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}`;

/** RFC 1123: what Kubernetes takes as a namespace, service or cluster name. */
export const dnsLabelSchema = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits and '-', not at an end")
  .meta({ title: "name" });

export const hostSchema = z
  .string()
  .max(253)
  .regex(/^(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS name in lower case")
  .meta({ title: "host name" });

export const portNumberSchema = z.int().min(1).max(65535);

export const labelsSchema = z.record(z.string(), z.string());

/** A list that means a set. The API server refuses repeated items by the same mark, and merges appliers' items. */
export function uniqueList<Item extends z.ZodType<string | number>>(item: Item) {
  return z
    .array(item)
    .min(1)
    .check(({ value, issues }) => {
      const seen = new Set<string | number>();
      for (const [index, entry] of value.entries()) {
        if (seen.has(entry)) issues.push({ code: "custom", path: [index], message: "is listed twice", input: entry });
        seen.add(entry);
      }
    })
    .meta({ "x-kubernetes-list-type": "set" });
}

/** Cluster names, or labels that choose among the declared clusters: `cluster1`, `env=prod`, `env=prod,tier=edge`. */
export const clusterSelectorSchema = uniqueList(
  z
    .string()
    .max(1024)
    .regex(
      /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?|[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*(,[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*)*)$/,
      "must be a cluster's name, or labels as key=value,key=value",
    )
    .meta({ title: "cluster name" }),
);

/** A service account in a namespace of the consuming clusters. */
export const serviceAccountSchema = dnsLabelSchema;

// What the API server adds to metadata is accepted, so that `kubectl get -o yaml` can be fed back.
const serverMetadata = {
  uid: z.unknown().optional(),
  resourceVersion: z.unknown().optional(),
  generation: z.unknown().optional(),
  creationTimestamp: z.unknown().optional(),
  managedFields: z.unknown().optional(),
  finalizers: z.unknown().optional(),
  ownerReferences: z.unknown().optional(),
};

/** What the controller found and did. Nothing reads it from a file. */
export const statusSchema = z.unknown().optional();

/** As of a Cluster of Cluster API, or a Kustomization of Flux. */
export const pausedSchema = z
  .boolean()
  .exactOptional()
  .describe("While true the controller writes nothing for it, and goes on to prove it; the command line does not ask");

const name = dnsLabelSchema.describe("Name of the resource");

const commonMetadata = {
  labels: labelsSchema.exactOptional().describe("Labels, free for the user"),
  annotations: labelsSchema.exactOptional().describe("Annotations, free for the user"),
  ...serverMetadata,
};

export const clusterScopedMetadata = z.strictObject({ name, ...commonMetadata });
export const namespacedMetadata = z.strictObject({
  name,
  namespace: dnsLabelSchema.describe("Namespace of the resource").default("default"),
  ...commonMetadata,
});

/** What Istio takes: pkg/config/security/security.go, CheckValidPathTemplate. It takes a '*' inside a path for itself, we refuse it. */
const pathPattern =
  /^(\/[^*{}]*\*?|\*[^*{}]*|((\/([-a-zA-Z0-9._~%!$&'()+,;:@=]+|\{\*\}))+(\/\{\*\*\}(\/[-a-zA-Z0-9._~%!$&'()+,;:@=]+)*)?|\/\{\*\*\}(\/[-a-zA-Z0-9._~%!$&'()+,;:@=]+)*)\/?)$/;

/** An HTTP path as an AuthorizationPolicy takes it. */
export const httpPathSchema = z
  .string()
  .regex(pathPattern, "must be /exact, /prefix*, *suffix or a template such as /users/{*}/{**}");
