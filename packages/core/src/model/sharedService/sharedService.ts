import * as z from "zod";
import {
  apiVersion,
  clusterSelectorSchema,
  dnsLabelSchema,
  httpPathSchema,
  namespacedMetadata,
  pausedSchema,
  portNumberSchema,
  serviceAccountSchema,
  statusSchema,
  uniqueList,
} from "../resource.ts";
import { trafficSchema } from "./traffic.ts";

export const nameForms = ["PerCluster", "SameName", "Mesh"] as const;

const consumerSchema = z.strictObject({
  clusters: clusterSelectorSchema.describe("Consuming clusters, by name or by labels (env=prod)"),
  namespaces: uniqueList(dnsLabelSchema).exactOptional().describe("Consuming namespaces; absent: all of the cluster"),
  serviceAccounts: uniqueList(serviceAccountSchema).exactOptional().describe("Only these identities may call"),
});

const accessRuleSchema = z.strictObject({
  methods: uniqueList(z.string().regex(/^[A-Z]+(-[A-Z]+)*$/, "must be a method in capitals, such as GET"))
    .exactOptional()
    .describe("HTTP methods; absent: all"),
  paths: uniqueList(httpPathSchema)
    .exactOptional()
    .describe(
      "HTTP paths, also /prefix*, *suffix, and templates: {*} one segment, {**} any number of them; absent: all",
    ),
  ports: uniqueList(portNumberSchema).exactOptional().describe("Ports of the Service; absent: all shared"),
  from: uniqueList(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "must be <service account>.<namespace>"))
    .exactOptional()
    .describe("Identities as <service account>.<namespace>; absent: every consumer"),
});

const sharedServiceSpecSchema = z.strictObject({
  service: dnsLabelSchema.exactOptional().describe("Name of the Service; default: the resource's name"),
  ports: uniqueList(portNumberSchema).exactOptional().describe("Ports to share; absent: all of the Service's"),
  servedBy: clusterSelectorSchema.describe("Clusters that serve it, by name or by labels (env=prod)"),
  consumers: z.array(consumerSchema).min(1).describe("Who may reach it"),
  as: uniqueList(z.enum(nameForms))
    .default(["PerCluster"])
    .describe(
      "Names it gets: PerCluster httpbin.bar.cluster2, SameName httpbin.bar.svc.cluster.local, Mesh httpbin.bar.mesh",
    ),
  traffic: trafficSchema.exactOptional().describe("How calls are spread"),
  access: z
    .array(accessRuleSchema)
    .min(1)
    .exactOptional()
    .describe("What consumers may call; absent: everything shared"),
  accessDryRun: z
    .boolean()
    .exactOptional()
    .describe("Only report in Istio's logs and metrics what the rules would deny"),
  paused: pausedSchema,
});

export const sharedServiceSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("SharedService"),
    metadata: namespacedMetadata,
    spec: sharedServiceSpecSchema.describe("What is wanted"),
    status: statusSchema,
  })
  .describe("A Service of some clusters that workloads of other clusters may call.");

/** A Service of some clusters that workloads of other clusters may call. */
export type SharedService = z.infer<typeof sharedServiceSchema>;
