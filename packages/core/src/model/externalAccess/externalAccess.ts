import * as z from "zod";
import { dnsLabel } from "../../kinds/index.ts";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  hostSchema,
  httpPathSchema,
  namespacedMetadata,
  pausedSchema,
  portNumberSchema,
  statusSchema,
  uniqueList,
} from "../resource.ts";

const headerSchema = z.strictObject({
  name: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9-]+$/, "must be a header's name")
    .describe("Header that carries the token"),
  prefix: z.string().min(1).exactOptional().describe('What stands before the token, such as "Bearer "'),
});

const issuerSchema = z.strictObject({
  issuer: z
    .string()
    .min(1)
    .regex(/^[^*\s]+$/, "must be an issuer as tokens name it, without spaces and '*'")
    .describe("What tokens name as their issuer (claim iss)"),
  jwksUri: z
    .string()
    .regex(/^https?:\/\/\S+$/, "must be an http or https URL")
    .exactOptional()
    .describe("Where istiod finds the issuer's public keys"),
  jwks: z.string().min(1).exactOptional().describe("The public keys themselves, a JSON Web Key Set"),
  audiences: uniqueList(z.string().min(1))
    .exactOptional()
    .describe("Tokens must be meant for one of these (claim aud)"),
  fromHeaders: z
    .array(headerSchema)
    .min(1)
    .exactOptional()
    .describe('Where tokens are; default: header Authorization with prefix "Bearer "'),
});

const jwtSchema = z.strictObject({
  issuers: z
    .array(issuerSchema)
    .min(1)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["issuer"] })
    .describe("Whose tokens are accepted: each with one of jwksUri and jwks"),
  claims: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[^\s[\]]+$/, "must be a claim's name")
          .describe("Claim of the token"),
        values: uniqueList(z.string().min(1)).describe(
          "One of these must be the claim, or among it where it is a list",
        ),
      }),
    )
    .min(1)
    .exactOptional()
    .describe("What tokens must say, all of it"),
  publicPaths: uniqueList(httpPathSchema).exactOptional().describe("Paths that need no token"),
});

const externalAccessSpecSchema = z.strictObject({
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
  jwt: jwtSchema.exactOptional().describe("Only requests with a valid JSON Web Token come in"),
  paused: pausedSchema,
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

/** The Secret, beside the gateway, in which Isthmus puts the certificate that it issues for an ExternalAccess. */
export function issuedCredentialName({ metadata }: Pick<ExternalAccess, "metadata">): string {
  return dnsLabel([metadata.namespace, metadata.name, "tls"], ["ExternalAccess"]);
}
