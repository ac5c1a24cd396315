import * as z from "zod";
import { dnsLabelSchema, labelsSchema, uniqueList } from "../resource.ts";
import { connectionPoolSchema, durationSchema, loadBalancerSchema, outlierDetectionSchema } from "./trafficPolicy.ts";

const versionSchema = labelsSchema.describe("Labels of the version's pods");

const textMatchSchema = z.strictObject({
  exact: z.string().min(1).exactOptional().describe("Equal to this"),
  prefix: z.string().min(1).exactOptional().describe("Begins with this"),
  regex: z.string().min(1).max(1024).exactOptional().describe("All of it matches this expression (RE2)"),
});

const methodSchema = z.string().regex(/^[A-Z]+(-[A-Z]+)*$/, "must be a method in capitals, such as GET");

/** Istio's HTTPMatchRequest, as far as it concerns who calls what. */
const ruleSchema = z.strictObject({
  headers: z.record(z.string(), textMatchSchema).exactOptional().describe("All of these headers match"),
  path: textMatchSchema.exactOptional().describe("The path matches, without query"),
  methods: uniqueList(methodSchema).exactOptional().describe("The method is one of these"),
  to: z
    .strictObject({
      cluster: dnsLabelSchema.exactOptional().describe("A serving cluster; absent: all that have the version"),
      labels: versionSchema.exactOptional(),
    })
    .describe("Where such calls go: a cluster, a version, or a version in a cluster"),
});

const retriesSchema = z.strictObject({
  attempts: z.int().min(0).max(100).describe("Tries after the first; 0: none"),
  perTryTimeout: durationSchema.exactOptional().describe("Time for each try"),
  retryOn: z.string().min(1).exactOptional().describe("What is tried again, as 5xx,connect-failure,503"),
});

/** As Istio takes it. istio/pkg/config/validation/agent, ValidateLocalityLbSetting */
const regionSchema = z.string().regex(/^[^/*\s]+$/, "must be a region, without zone and wildcard");

/** How calls to a shared service are spread. */
export const trafficSchema = z.strictObject({
  split: z
    .array(
      z.strictObject({
        cluster: dnsLabelSchema.describe("A serving cluster"),
        labels: versionSchema.exactOptional(),
        weight: z.int().min(0).max(100).describe("Share of the calls, in percent"),
      }),
    )
    .min(1)
    .exactOptional()
    .describe("Weights by cluster and version; they sum to 100"),
  match: z
    .array(ruleSchema)
    .min(1)
    .exactOptional()
    .describe("HTTP calls that go elsewhere than the others; the first rule that matches counts"),
  timeout: durationSchema.exactOptional().describe("Time for an HTTP call, retries included"),
  retries: retriesSchema.exactOptional().describe("How failed HTTP calls are tried again; absent: Istio's default"),
  locality: z
    .strictObject({
      failover: z
        .array(
          z.strictObject({
            from: regionSchema.describe("Region of the callers"),
            to: regionSchema.describe("Region that comes next after their own"),
          }),
        )
        .min(1)
        .exactOptional()
        .describe("Failover by region: Istio's LocalityLoadBalancerSetting.failover"),
      clusters: uniqueList(dnsLabelSchema)
        .exactOptional()
        .describe("Failover by cluster: these, first first, then the others; excludes failover"),
    })
    .exactOptional()
    .describe("Prefer near endpoints, fail over to others; {}: own zone, own region, all others"),
  outlierDetection: outlierDetectionSchema
    .exactOptional()
    .describe("Which endpoints get no calls for a while: Istio's OutlierDetection"),
  connectionPool: connectionPoolSchema.exactOptional().describe("Limits: Istio's ConnectionPoolSettings"),
  loadBalancer: loadBalancerSchema.exactOptional().describe("Choice of an endpoint: Istio's LoadBalancerSettings"),
});

export type Traffic = z.infer<typeof trafficSchema>;
/** A rule of `spec.traffic.match`. */
export type TrafficRule = z.infer<typeof ruleSchema>;
export type TextMatch = z.infer<typeof textMatchSchema>;

/** Whether the split tells versions of one cluster's pods apart. */
export function splitsByVersion(traffic: Traffic | undefined): boolean {
  return traffic?.split?.some(({ labels }) => labels !== undefined) ?? false;
}

/** Whether calls are told apart, or tried and timed, one by one, or versions are: then the sidecars need routes. */
export function needsRoutes(traffic: Traffic | undefined): boolean {
  return splitsByVersion(traffic) || concernsHttp(traffic).length > 0;
}

/** The fields that mean something for HTTP only. */
export function concernsHttp(traffic: Traffic | undefined): readonly ("match" | "timeout" | "retries")[] {
  return (["match", "timeout", "retries"] as const).filter((field) => traffic?.[field] !== undefined);
}
