import * as z from "zod";
import { dnsLabelSchema, hostSchema, portNumberSchema } from "../../model/index.ts";

// src/dtc/json-schemas and src/dtc/pkg/module of emco-base; its documentation writes numbers and booleans as strings too.
const port = z.union([portNumberSchema, z.string().regex(/^\d+$/).transform(Number).pipe(portNumberSchema)], {
  error: "it takes a port number",
});
const yesNo = z.union([z.boolean(), z.string()]).transform((value) => ["true", "yes"].includes(String(value)));
const text = z.string().min(1);
/** Read only to see that they are there. */
const secret = z.string().optional();

const certificates = {
  serviceCertificate: secret,
  servicePrivateKey: secret,
  caCertificate: secret,
};
const management = { sidecarProxy: yesNo.optional(), tlsType: z.enum(["MUTUAL", "SIMPLE", "NONE"]).optional() };

export const inboundSchema = z.object({
  app: text.optional(),
  appLabel: z.string().optional(),
  serviceName: dnsLabelSchema,
  externalName: z.union([hostSchema, z.literal("")]).optional(),
  port,
  protocol: text.optional(),
  externalSupport: z
    .union([z.boolean(), z.enum(["true", "false", "MUTUAL", "SIMPLE", "NONE"])], {
      error: "it takes true, false, MUTUAL, SIMPLE or NONE",
    })
    .optional(),
  serviceMesh: z.string().optional(),
  edgeCNF: z.string().optional(),
  ...management,
  ...certificates,
  management: z.object(management).optional(),
  external: z.object({ ...certificates, externalCerts: z.object(certificates).optional() }).optional(),
});

export const clientSchema = z.object({
  app: text.optional(),
  appLabel: z.string().optional(),
  serviceName: z.string().optional(),
  clientServiceName: z.string().optional(),
  namespaces: z.array(dnsLabelSchema).optional(),
  cidrs: z.array(z.string()).optional(),
});

export const accessSchema = z.object({
  action: z.enum(["ALLOW", "DENY"]),
  url: z.array(text).min(1),
  access: z.array(text).min(1),
});

export const outboundSchema = z.object({
  app: text.optional(),
  appLabel: z.string().optional(),
  serviceName: text.optional(),
});

const clientCertificates = { clientCertificate: secret, clientPrivateKey: secret, caCertificate: secret };

export const outboundServerSchema = z.object({
  externalServiceName: hostSchema,
  port,
  protocol: text.optional(),
  dnsResolution: z.enum(["STATIC", "DNS", "NONE"]).optional(),
  endPointAddress: text.optional(),
  external: z.object({ ...clientCertificates, externalCerts: z.object(clientCertificates).optional() }).optional(),
});

const place = z.object({
  clusterProvider: z.string().optional(),
  cluster: z.string().optional(),
  clusterName: z.string().optional(),
  clusterLabel: z.string().optional(),
  clusterLabelName: z.string().optional(),
});

export const appIntentSchema = z.object({
  app: text,
  intent: z.object({
    allOf: z.array(place.extend({ anyOf: z.array(place).optional() })).optional(),
    anyOf: z.array(place).optional(),
  }),
});

export const groupSchema = z.object({ logicalCloud: z.string().optional() });
export const logicalCloudSchema = z.object({ namespace: dnsLabelSchema.optional() });
export const labelSchema = z.object({ clusterLabel: text });
export const keyValuesSchema = z.object({ kv: z.array(z.record(z.string(), z.union([z.string(), z.number()]))) });
