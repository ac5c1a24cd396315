import * as z from "zod";
import { dnsLabelSchema } from "../resource.ts";

const keyKindSchema = z.enum(["ecdsa", "rsa4096"]);

const days = (most: number) => z.int().min(1).max(most);

const signerSchema = z.strictObject({
  file: z
    .strictObject({ path: z.string().min(1).describe("The encrypted key file, relative to this file") })
    .exactOptional()
    .describe("A root whose key is in an encrypted file: isthmus ca init, isthmus ca import"),
  certManager: z
    .strictObject({
      cluster: dnsLabelSchema.describe("The cluster in which cert-manager runs"),
      namespace: dnsLabelSchema
        .default("istio-system")
        .describe("Namespace of the CertificateRequests, and of an Issuer"),
      issuer: z
        .strictObject({
          name: z.string().min(1).max(253).describe("Name of the issuer"),
          kind: z
            .string()
            .min(1)
            .default("Issuer")
            .describe("Issuer, as cert-manager itself assumes, ClusterIssuer, or an external issuer's kind"),
          group: z.string().min(1).default("cert-manager.io").describe("API group of the issuer"),
        })
        .describe("The issuer that signs"),
    })
    .exactOptional()
    .describe("An issuer of cert-manager"),
  exec: z
    .strictObject({
      command: z
        .array(z.string().min(1))
        .min(1)
        .describe("Program and arguments; a program with a slash is relative to this file. No shell reads it"),
      timeoutSeconds: z.int().min(1).max(3600).default(60).describe("How long it may take"),
    })
    .exactOptional()
    .describe("A command that signs: for Vault, a KMS or an HSM"),
});

/** What signs: exactly one of its fields is set (`checkMesh`). */
export type SignerConfig = z.infer<typeof signerSchema>;

export const meshCaSchema = z.strictObject({
  signer: signerSchema
    .prefault({ file: { path: "ca/mesh-root.json" } })
    .describe("What signs the clusters' intermediates: one of file, certManager and exec"),
  roots: z
    .string()
    .min(1)
    .exactOptional()
    .describe("PEM file of roots, relative to this file, that clusters trust beside the signer's own"),
  intermediate: z
    .strictObject({
      days: days(3650).default(730).describe("Life of a cluster's intermediate; renewed after two thirds of it"),
      key: keyKindSchema.default("ecdsa").describe("Its key: ECDSA on P-256, or RSA with 4096 bits"),
      nameConstraints: z
        .boolean()
        .default(false)
        .describe("Limit it to identities of the trust domain and DNS names of Services"),
    })
    .prefault({})
    .describe("The authority that each cluster's istiod signs workloads with"),
  external: z
    .strictObject({
      signer: signerSchema
        .prefault({ file: { path: "ca/external-root.json" } })
        .describe("What signs them: one of file, certManager and exec. Never the root of the mesh itself"),
      days: days(825).default(90).describe("Life of a certificate; renewed after two thirds of it"),
      key: keyKindSchema.default("ecdsa").describe("Its key: ECDSA on P-256, or RSA with 4096 bits"),
    })
    .prefault({})
    .describe(
      "Certificates for clients and gateways at the edge of the mesh: ExternalAccess with credential: {issue: {}}",
    ),
});
