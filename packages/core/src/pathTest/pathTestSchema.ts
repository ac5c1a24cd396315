import { z } from "zod";
import {
  apiVersion,
  clusterScopedMetadata,
  dnsLabelSchema,
  labelsSchema,
  portNumberSchema,
  serviceAccountSchema,
  uniqueList,
} from "../model/index.ts";
import { traceSchemes } from "../trace/index.ts";

/** What no more than one of several fields may say. */
function oneOf<T extends object>(
  value: T,
  fields: readonly (keyof T & string)[],
  isNeeded: boolean,
): string | undefined {
  const given = fields.filter((field) => value[field] !== undefined);
  if (given.length > 1) return `must have only one of ${given.join(", ")}`;
  return given.length === 0 && isNeeded ? `must have one of ${fields.join(", ")}` : undefined;
}

/** Adds what a schema of fields cannot say: `faultOf` gives the path below the mapping and the message. */
function checked<S extends z.ZodType>(schema: S, ...rules: readonly ((value: z.output<S>) => string | undefined)[]): S {
  return schema.check(({ value, issues }) => {
    // A misspelt field is told, and not that it is missing as well.
    if (issues.length > 0) return;
    for (const rule of rules) {
      const message = rule(value as z.output<S>);
      if (message !== undefined) issues.push({ code: "custom", path: [], message, input: value });
    }
  });
}

const clusterNameSchema = dnsLabelSchema.describe("A cluster; absent: each that is looked at");

const callersSchema = z.strictObject({
  cluster: clusterNameSchema.exactOptional(),
  namespace: dnsLabelSchema.exactOptional().describe("Absent: all namespaces"),
  labels: labelsSchema.exactOptional().describe("Labels that a workload's pods have"),
  serviceAccount: serviceAccountSchema.exactOptional().describe("The account that they run as"),
});

const outsideSchema = z.strictObject({
  cluster: dnsLabelSchema
    .exactOptional()
    .describe("Whose gateways it calls; absent: those that have a server for the name"),
  connectTo: z
    .string()
    .regex(/^(\[[^\]]+\]|[^:/\s]+):\d{1,5}$/, "must be an address and a port, such as 192.0.2.1:31443")
    .exactOptional()
    .describe("Where it connects to, whatever the URL's name resolves to"),
});

const quantified = ["every", "some", "none"] as const;

export const fromSchema = checked(
  z.strictObject({
    workload: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a workload, such as sleep")
      .exactOptional()
      .describe("A workload: the name of a Deployment, the label app of its pods, or a pod's name"),
    namespace: dnsLabelSchema.exactOptional().describe("The workload's namespace"),
    cluster: clusterNameSchema.exactOptional(),
    every: callersSchema.exactOptional().describe("Each of these workloads has to get what is expected"),
    some: callersSchema.exactOptional().describe("At least one of these workloads has to get what is expected"),
    none: callersSchema.exactOptional().describe("Not one call of any of these workloads may get what is expected"),
    outside: outsideSchema.exactOptional().describe("A client in none of the clusters"),
    clientCertificate: uniqueList(z.string().min(1))
      .exactOptional()
      .describe("With https: the client shows a certificate with these names, which the server trusts"),
    token: z
      .record(z.string(), z.union([z.string(), z.array(z.string())]))
      .exactOptional()
      .describe("Claims of a good token that the request carries, among them iss"),
  }),
  (from) => oneOf(from, ["workload", ...quantified, "outside"], true),
  ({ workload, namespace, cluster }) =>
    workload === undefined && (namespace !== undefined || cluster !== undefined)
      ? "must have namespace and cluster within every, some, none or outside, or beside workload"
      : undefined,
  ({ workload, namespace }) =>
    workload !== undefined && namespace === undefined ? "must have a namespace beside workload" : undefined,
  ({ token }) =>
    token !== undefined && token.iss === undefined ? "must have token.iss: who issued the token" : undefined,
);

const hostsSchema = z.strictObject({
  namespace: dnsLabelSchema.exactOptional().describe("Of the Services and ServiceEntries; absent: all"),
  labels: labelsSchema.exactOptional().describe("Labels of the Services and ServiceEntries"),
  port: portNumberSchema.exactOptional().describe("Only this port; absent: every port"),
});

export const toSchema = checked(
  z.strictObject({
    url: z
      .string()
      .regex(
        /^(https?|grpc|tcp):\/\/(\[[^\]]+\]|[^:/?#\s]+)(:\d{1,5})?([/?][^#\s]*)?$/,
        "must be http://, https://, grpc:// or tcp://host:port/path",
      )
      .exactOptional()
      .describe("What is called, as the client writes it"),
    service: z
      .string()
      .regex(
        /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\.[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
        "must be name.namespace, such as httpbin.bar",
      )
      .exactOptional()
      .describe("In place of url: a Service as name.namespace"),
    port: portNumberSchema.exactOptional().describe("Of service; absent: its only port"),
    scheme: z.enum(traceSchemes).exactOptional().describe("Of service; absent: as its port is declared"),
    every: hostsSchema.exactOptional().describe("Each of the hosts that the caller's cluster has"),
    some: hostsSchema.exactOptional().describe("At least one of them"),
    none: hostsSchema.exactOptional().describe("Not one of them"),
    path: z
      .string()
      .regex(/^\/[^#\s]*$/, "must begin with /")
      .exactOptional()
      .describe("Path and query of the request, / unless set; a url has its own"),
    method: z
      .string()
      .regex(/^[A-Z]+(-[A-Z]+)*$/, "must be a method in capitals, such as GET")
      .exactOptional()
      .describe("HTTP method; absent: GET, of gRPC POST"),
    headers: labelsSchema.exactOptional().describe("Headers of the request; host takes the place of the URL's"),
  }),
  (to) => oneOf(to, ["url", "service", ...quantified], true),
  ({ service, port, scheme }) =>
    service === undefined && (port !== undefined || scheme !== undefined)
      ? "must have port and scheme beside service"
      : undefined,
  ({ url, path }) => (url !== undefined && path !== undefined ? "must have the path within url" : undefined),
  ({ url }) =>
    url?.startsWith("tcp:") === true && !/^tcp:\/\/[^/]*:\d+/.test(url) ? "must have a port in a tcp url" : undefined,
);

const whereSchema = {
  workload: z.string().min(1).exactOptional().describe("The name of its Deployment, the label app, or a pod's name"),
  namespace: dnsLabelSchema.exactOptional().describe("Its namespace"),
  cluster: dnsLabelSchema.exactOptional().describe("Its cluster"),
  version: z.string().min(1).exactOptional().describe("Its label version"),
};

const percentSchema = z.int().min(0).max(100);

const reachesSchema = checked(
  z.strictObject({
    ...whereSchema,
    outside: z.literal(true).exactOptional().describe("Something outside of the mesh answers"),
    split: z
      .array(z.strictObject({ ...whereSchema, percent: percentSchema.describe("Its part of the calls") }))
      .min(2)
      .exactOptional()
      .describe("How calls are spread, in percent that add up to 100"),
    tolerance: percentSchema.default(0).describe("By how many percentage points each part may differ"),
  }),
  ({ split = [] }) => {
    const sum = split.reduce((total, { percent }) => total + percent, 0);
    return split.length > 0 && sum !== 100 ? `must have a split that adds up to 100, not ${sum}` : undefined;
  },
  ({ outside, workload, namespace, cluster, version }) =>
    outside === true && [workload, namespace, cluster, version].some((each) => each !== undefined)
      ? "must have outside alone: what is there has no workload or cluster"
      : undefined,
);

/** Why a request is refused. */
export const refusals = ["policy", "token", "route", "unavailable", "handshake", "host", "fault", "timeout"] as const;
export type Refusal = (typeof refusals)[number];

const refusedSchema = z.strictObject({
  by: z
    .enum(refusals)
    .exactOptional()
    .describe(
      "policy: an AuthorizationPolicy (403, or a closed connection); token: a RequestAuthentication (401); route: nothing routes it (404); unavailable: nothing serves it, or no connection (503); handshake: TLS or mutual TLS fails; host: no such host; fault: a VirtualService aborts it; timeout: nothing answers; absent: any",
    ),
  status: z.int().min(100).max(599).exactOptional().describe("The HTTP status that a proxy answers with"),
});

export const expectSchema = checked(
  z.strictObject({
    reaches: reachesSchema.exactOptional().describe("It is answered; {}: by whatever it leads to"),
    refused: refusedSchema.exactOptional().describe("It is not answered; {}: for whatever reason"),
    identity: z
      .string()
      .regex(/^(spiffe:\/\/\S+|none)$/, "must be a SPIFFE ID such as spiffe://cluster.local/ns/foo/sa/sleep, or none")
      .exactOptional()
      .describe("Whom the server sees as its caller; none: nobody, without mutual TLS"),
    mutualTLS: z
      .boolean()
      .exactOptional()
      .describe("true: each connection on its way is mutual TLS; false: at least one is not"),
    staysInRegion: z
      .boolean()
      .exactOptional()
      .describe("true: all that it comes through is in the caller's region; false: something is not"),
    timeout: z
      .strictObject({
        atMost: z
          .string()
          .regex(/^[1-9]\d{0,8}(ms|s|m|h)$/, "must be a whole number of ms, s, m or h, such as 30s")
          .describe("A time such as 5s"),
      })
      .exactOptional()
      .describe("A route bounds how long a request may take"),
    retries: z
      .strictObject({ atMost: z.int().min(0).max(100).describe("Tries beside the first") })
      .exactOptional()
      .describe("No route tries a request again more often"),
  }),
  (expect) =>
    Object.values(expect).every((each) => each === undefined)
      ? "must expect something, such as reaches: {}"
      : undefined,
  (expect) => oneOf(expect, ["reaches", "refused"], false),
);

/** What does not go together. */
function pairFault(from: z.output<typeof fromSchema>, to: z.output<typeof toSchema>): string | undefined {
  if (from.outside !== undefined && to.url === undefined) return "must have to.url where from is outside";
  return from.none !== undefined && to.none !== undefined ? "must have none only once: in from, or in to" : undefined;
}

const metadata = clusterScopedMetadata;
const description = z.string().exactOptional().describe("What it is about, for people");

export const pathTestSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("PathTest"),
    metadata,
    spec: checked(
      z.strictObject({
        description,
        from: fromSchema.describe("Who calls"),
        to: toSchema.describe("What is called"),
        expect: expectSchema.describe("What is to come of it; all of it has to hold"),
      }),
      ({ from, to }) => pairFault(from, to),
    ).describe("What is tested"),
  })
  .describe("What is to come of a request. A file for `isthmus test`; never applied to a cluster.");

const suiteTestSchema = z.strictObject({
  name: z.string().min(1).max(253).describe("Name of the test within its suite"),
  description,
  from: fromSchema.exactOptional().describe("Who calls; absent: as spec.from"),
  to: toSchema.exactOptional().describe("What is called; absent: as spec.to"),
  expect: expectSchema.describe("What is to come of it; all of it has to hold"),
});

export const pathTestSuiteSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal("PathTestSuite"),
    metadata,
    spec: z
      .strictObject({
        description,
        from: fromSchema.exactOptional().describe("Who calls, for the tests that don't say"),
        to: toSchema.exactOptional().describe("What is called, for the tests that don't say"),
        tests: z
          .array(suiteTestSchema)
          .min(1)
          .check(({ value, issues }) => {
            const seen = new Set<string>();
            for (const [index, { name }] of value.entries()) {
              if (seen.has(name))
                issues.push({
                  code: "custom",
                  path: [index, "name"],
                  message: "is the name of another test as well",
                  input: name,
                });
              seen.add(name);
            }
          })
          .describe("The tests"),
      })
      .check(({ value, issues }) => {
        for (const [index, test] of value.tests.entries()) {
          const { from = value.from, to = value.to } = test;
          const missing = from === undefined ? "from" : "to";
          const message =
            from === undefined || to === undefined
              ? `must have ${missing}, or spec.${missing} that holds for all tests`
              : pairFault(from, to);
          if (message !== undefined) issues.push({ code: "custom", path: ["tests", index], message, input: test });
        }
      })
      .describe("What is tested"),
  })
  .describe("Several PathTests of one subject. A file for `isthmus test`; never applied to a cluster.");

export type CallersSelector = z.output<typeof callersSchema>;
export type From = z.output<typeof fromSchema>;
export type To = z.output<typeof toSchema>;
export type HostsSelector = z.output<typeof hostsSchema>;
export type Expect = z.output<typeof expectSchema>;
export type Where = { readonly [K in keyof typeof whereSchema]?: string };
