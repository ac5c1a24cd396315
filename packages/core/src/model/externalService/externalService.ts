import * as z from "zod";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  hostSchema,
  namespacedMetadata,
  pausedSchema,
  portNumberSchema,
  statusSchema,
  uniqueList,
} from "../resource.ts";

const externalServiceSpecSchema = z.strictObject({
  hosts: uniqueList(hostSchema).describe("Host names that workloads call"),
  ports: z
    .array(
      z.strictObject({
        number: portNumberSchema.describe("Port number"),
        protocol: z.enum(["HTTP", "HTTP2", "GRPC", "HTTPS", "TLS", "TCP"]).describe("Istio's name of the protocol"),
        targetPort: portNumberSchema
          .exactOptional()
          .describe("Port at the far end; default: number, and 443 for port 80 where TLS is originated"),
      }),
    )
    .min(1)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["number"] })
    .describe("Ports that workloads call"),
  resolution: z
    .enum(["Dns", "Static", "None"])
    .default("Dns")
    .describe("Where the addresses come from: the host's DNS record, endpoints, or the caller's own connection"),
  endpoints: uniqueList(z.string().min(1)).exactOptional().describe("Addresses, for resolution Static"),
  consumers: z
    .array(
      z.strictObject({
        clusters: clusterSelectorSchema.describe("Calling clusters, by name or by labels (env=prod)"),
        namespaces: uniqueList(dnsLabelSchema)
          .exactOptional()
          .describe("Calling namespaces; absent: all of the cluster"),
      }),
    )
    .min(1)
    .describe("Who may call"),
  tls: z
    .strictObject({
      mode: z.enum(["Simple"]).describe("Simple: the host's certificate is checked"),
      caCertificates: z
        .string()
        .startsWith("/")
        .exactOptional()
        .describe(
          "File in the sidecars, or with via in the gateway, with the authorities that may sign it; default: those of the system",
        ),
    })
    .exactOptional()
    .describe("Originate TLS on the way out, on all ports but HTTPS and TLS"),
  via: dnsLabelSchema.exactOptional().describe("Leave the mesh through the east-west gateway of this cluster"),
  paused: pausedSchema,
});

export const externalServiceSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("ExternalService"),
    metadata: namespacedMetadata,
    spec: externalServiceSpecSchema.describe("What is wanted"),
    status: statusSchema,
  })
  .describe("A service outside the mesh that workloads may call.");

/** A service outside the mesh that workloads may call. */
export type ExternalService = z.infer<typeof externalServiceSchema>;
