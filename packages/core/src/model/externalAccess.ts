import { z } from "zod";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  hostSchema,
  namespacedMetadata,
  portNumberSchema,
  statusSchema,
  uniqueList,
} from "./resource.ts";

export const externalAccessSpecSchema = z.strictObject({
  hosts: uniqueList(hostSchema).describe("Host names that clients outside the mesh call"),
  service: dnsLabelSchema.exactOptional().describe("Name of the Service; default: the resource's name"),
  port: portNumberSchema.describe("Port of the Service"),
  clusters: clusterSelectorSchema.describe(
    "Clusters whose ingress gateway lets clients in, by name or by labels (env=prod)",
  ),
  tls: z
    .strictObject({
      mode: z
        .enum(["Mutual", "Simple", "None", "Passthrough"])
        .describe(
          "Mutual: clients show a certificate; Simple: only the gateway does; None: no TLS; Passthrough: the workload ends TLS itself, found by SNI",
        ),
      credential: z
        .strictObject({
          secret: dnsLabelSchema
            .exactOptional()
            .describe("Secret with tls.crt, tls.key, ca.crt in the gateway's namespace"),
          issue: z.strictObject({}).exactOptional().describe("Issue a certificate from the mesh's external CA"),
        })
        .exactOptional()
        .describe("The gateway's certificate: one of secret and issue; for modes Mutual and Simple"),
      clients: z
        .strictObject({ subjectAltNames: uniqueList(z.string().min(1)).describe("Subject alternative names") })
        .exactOptional()
        .describe("Only client certificates with one of these names; for mode Mutual"),
      httpsRedirect: z
        .boolean()
        .default(false)
        .describe(
          "Send clients that come by plain HTTP (ingressGateway.httpPort) to HTTPS; for modes Mutual and Simple",
        ),
    })
    .describe("TLS between clients and the gateway"),
});

export const externalAccessSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("ExternalAccess"),
    metadata: namespacedMetadata,
    spec: externalAccessSpecSchema.describe("What is wanted"),
    status: statusSchema,
  })
  .describe("Clients outside the mesh reach a Service through an ingress gateway.");

/** Clients outside the mesh reach a Service through an ingress gateway. */
export type ExternalAccess = z.infer<typeof externalAccessSchema>;
