import * as z from "zod";
import {
  apiVersion,
  clusterScopedMetadata,
  dnsLabelSchema,
  pausedSchema,
  statusSchema,
  uniqueList,
} from "../resource.ts";
import { meshCaSchema } from "./meshCa.ts";

const hostTemplate = z
  .string()
  .regex(/^[a-z0-9{}.-]+$/, "must be a host name with {service}, {namespace} and {cluster} as placeholders");

const callersSchema = z.enum(["Any", "Consumers"]);

const meshSpecSchema = z.strictObject({
  trustDomain: z.string().min(1).default("cluster.local").describe("SPIFFE trust domain of every cluster"),
  istioNamespace: dnsLabelSchema.default("istio-system").describe("Istio's root namespace in every cluster"),
  clusterDomain: z.string().min(1).default("cluster.local").describe("DNS domain of Kubernetes Services"),
  names: z
    .strictObject({
      perCluster: hostTemplate
        .default("{service}.{namespace}.{cluster}")
        .describe("Host of a shared service as served by one cluster"),
      mesh: hostTemplate
        .default("{service}.{namespace}.mesh")
        .describe("Host of a shared service, whichever cluster serves it"),
    })
    .prefault({})
    .describe("Templates of the hosts that a shared service gets in consuming clusters"),
  addressPool: z
    .string()
    .default("240.0.0.0/16")
    .describe("CIDR of virtual addresses for names that have no ClusterIP; never routed, sticky per host"),
  emit: z
    .enum(["Istio", "GatewayApi"])
    .default("Istio")
    .describe(
      "Objects for ExternalAccess: Istio's Gateway and VirtualService, or Gateway and routes of gateway.networking.k8s.io where they can say the same",
    ),
  mcs: z
    .strictObject({
      namespaces: uniqueList(dnsLabelSchema).exactOptional().describe("Namespaces whose exports count; absent: all"),
    })
    .exactOptional()
    .describe(
      "Share what ServiceExports of multicluster.x-k8s.io in the clusters export, as <service>.<namespace>.svc.clusterset.local; absent: exports are not looked at",
    ),
  ca: meshCaSchema.prefault({}).describe("Where the mesh's certificates come from; only `isthmus ca` uses it"),
  access: z
    .strictObject({
      remoteCallers: callersSchema
        .default("Any")
        .describe(
          "Who may call shared services from other clusters where the service does not say: Any of the mesh, or its Consumers",
        ),
      localCallers: callersSchema
        .default("Any")
        .describe(
          "Who may call shared services inside their own cluster: Any, or the Consumers that name this cluster",
        ),
      dryRun: z
        .boolean()
        .default(false)
        .describe("Only report in Istio's logs and metrics what these two settings would deny"),
    })
    .prefault({})
    .describe("What holds for every shared service"),
  paused: pausedSchema,
});

export const meshSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("Mesh"),
    metadata: clusterScopedMetadata,
    spec: meshSpecSchema.prefault({}).describe("What is wanted"),
    status: statusSchema,
  })
  .describe("The mesh as a whole. At most one; without it the defaults hold.");

/** The mesh as a whole; exactly one. */
export type Mesh = z.infer<typeof meshSchema>;
