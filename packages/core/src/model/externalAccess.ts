import { z } from "zod";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  hostSchema,
  namespacedMetadata,
  portNumberSchema,
} from "./resource.ts";

export const externalAccessSpecSchema = z.strictObject({
  hosts: z.array(hostSchema).min(1).describe("Host names that clients outside the mesh call"),
  service: dnsLabelSchema.exactOptional().describe("Name of the Service; default: the resource's name"),
  port: portNumberSchema.describe("Port of the Service"),
  clusters: clusterSelectorSchema.describe("Clusters whose ingress gateway lets clients in"),
  tls: z.strictObject({
    mode: z.enum(["Mutual", "Simple", "None"]).describe("Mutual: clients show a certificate"),
    credential: z
      .strictObject({
        secret: dnsLabelSchema
          .exactOptional()
          .describe("Secret with tls.crt, tls.key, ca.crt in the gateway's namespace"),
        issue: z.strictObject({}).exactOptional().describe("Issue a certificate from the mesh's external CA"),
      })
      .exactOptional(),
    clients: z
      .strictObject({ subjectAltNames: z.array(z.string().min(1)).min(1) })
      .exactOptional()
      .describe("Only client certificates with one of these names"),
  }),
});

export const externalAccessSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal("ExternalAccess"),
  metadata: namespacedMetadata,
  spec: externalAccessSpecSchema,
  status: z.unknown().optional(),
});

/** Clients outside the mesh reach a Service through an ingress gateway. */
export type ExternalAccess = z.infer<typeof externalAccessSchema>;
