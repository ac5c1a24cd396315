import { z } from "zod";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  hostSchema,
  namespacedMetadata,
  portNumberSchema,
} from "./resource.ts";

export const externalServiceSpecSchema = z.strictObject({
  hosts: z.array(hostSchema).min(1).describe("Host names that workloads call"),
  ports: z
    .array(
      z.strictObject({
        number: portNumberSchema,
        protocol: z.enum(["HTTP", "HTTP2", "GRPC", "HTTPS", "TLS", "TCP"]),
      }),
    )
    .min(1),
  resolution: z.enum(["Dns", "Static", "None"]).default("Dns").describe("Where the addresses come from"),
  endpoints: z.array(z.string().min(1)).min(1).exactOptional().describe("Addresses, for Static"),
  consumers: z
    .array(
      z.strictObject({
        clusters: clusterSelectorSchema,
        namespaces: z.array(dnsLabelSchema).min(1).exactOptional(),
      }),
    )
    .min(1),
  tls: z
    .strictObject({ mode: z.enum(["Simple"]) })
    .exactOptional()
    .describe("Originate TLS on the way out"),
  via: dnsLabelSchema.exactOptional().describe("Leave the mesh through this cluster's gateway"),
});

export const externalServiceSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("ExternalService"),
  metadata: namespacedMetadata,
  spec: externalServiceSpecSchema,
  status: z.unknown().optional(),
});

/** A service outside the mesh that workloads may call. */
export type ExternalService = z.infer<typeof externalServiceSchema>;
