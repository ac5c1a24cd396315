import * as z from "zod";
import {
  apiVersion,
  clusterScopedMetadata,
  dnsLabelSchema,
  labelsSchema,
  pausedSchema,
  portNumberSchema,
  statusSchema,
  uniqueList,
} from "../resource.ts";

const gatewaySchema = (port: number, portText: string) =>
  z.strictObject({
    namespace: dnsLabelSchema.default("istio-system").describe("Namespace of the gateway's Service and pods"),
    selector: labelsSchema
      .default({ istio: "ingressgateway" })
      .describe("Labels of the gateway's pods, as Istio's Gateway selects them"),
    port: portNumberSchema.default(port).describe(portText),
    addresses: uniqueList(
      z
        .string()
        .regex(
          /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/,
          "must be an address or host, with :port where it differs",
        ),
    )
      .exactOptional()
      .describe("Addresses to reach the gateway by, in place of observed ones: host or host:port"),
  });

const meshClusterSpecSchema = z.strictObject({
  access: z
    .strictObject({
      context: z.string().min(1).exactOptional().describe("Context of the kubeconfig"),
      kubeconfig: z
        .strictObject({
          path: z.string().min(1).exactOptional().describe("Path of a kubeconfig file, relative to this file"),
          secretRef: z
            .strictObject({
              name: dnsLabelSchema.describe("Name of the Secret"),
              namespace: dnsLabelSchema.describe("Namespace of the Secret"),
              key: z.string().min(1).default("kubeconfig").describe("Key of the Secret's data"),
            })
            .exactOptional()
            .describe("Secret on the management cluster that holds a kubeconfig (controller only)"),
        })
        .exactOptional()
        .describe("A kubeconfig of its own: one of path and secretRef; its current context is used"),
      directory: z
        .string()
        .min(1)
        .exactOptional()
        .describe("Directory of manifests in place of an API server, relative to this file"),
    })
    .prefault({})
    .describe("How to reach the cluster: one of context, kubeconfig and directory; default: the context of its name"),
  locality: z
    .strictObject({
      region: z.string().min(1).describe("As topology.kubernetes.io/region"),
      zone: z.string().min(1).exactOptional().describe("As topology.kubernetes.io/zone"),
    })
    .exactOptional()
    .describe("Where the cluster is; default: as its nodes' topology labels say"),
  eastWestGateway: gatewaySchema(15443, "Port of the gateway's Service for AUTO_PASSTHROUGH")
    .prefault({})
    .describe("The gateway that lets calls from other clusters in"),
  ingressGateway: gatewaySchema(443, "Port of the gateway's Service for clients outside the mesh that speak TLS")
    .extend({ httpPort: portNumberSchema.default(80).describe("Port of the gateway's Service for plain HTTP") })
    .prefault({})
    .describe("The gateway that lets clients outside the mesh in"),
  drain: z.boolean().default(false).describe("Move traffic away from this cluster"),
  paused: pausedSchema,
});

export const meshClusterSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("MeshCluster"),
    metadata: clusterScopedMetadata,
    spec: meshClusterSpecSchema.prefault({}).describe("What is wanted"),
    status: statusSchema,
  })
  .describe("One cluster of the mesh, with its own Istio control plane.");

/** One cluster of the mesh, with its own Istio control plane. */
export type MeshCluster = z.infer<typeof meshClusterSchema>;
