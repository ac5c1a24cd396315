import type { OutputKind } from "@isthmus/core/outputs";
import * as z from "zod";
import { type CommandWords, words } from "./commandWords.ts";

/** What an assistant can ask: one of our commands, with its options as fields. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Of `-o json`; undefined: the command prints text. */
  readonly output?: OutputKind;
  /** Whether it changes clusters or sends calls into the mesh: only where the person who starts us says so. */
  readonly acts?: true;
  /** The command line for an input of that shape. */
  readonly command: (input: never) => CommandWords;
}

function tool<Input extends z.ZodObject>(
  described: Omit<Tool, "input" | "command"> & {
    readonly input: Input;
    readonly command: (input: z.infer<Input>) => CommandWords;
  },
): Tool {
  return described;
}

const texts = z.array(z.string()).optional();

const given = {
  context: texts.describe("Contexts of the kubeconfig to look at, in place of what is declared."),
  dir: texts.describe(
    'Folders or files of manifests that stand for clusters, in place of what is declared: "cluster1=manifests/cluster1".',
  ),
};

const scope = {
  services: texts.describe('Only these declared services: "httpbin.bar".'),
  namespace: texts.describe("Only what is declared in these namespaces."),
  cluster: texts.describe("Only these declared clusters."),
};

const request = {
  from: z
    .string()
    .describe('The caller: "sleep.foo@cluster1" for a workload, "outside@cluster1" for a client outside.'),
  url: z.string().describe("http, https, grpc or tcp://host:port/path"),
  method: z.string().optional().describe("GET, of gRPC POST, unless set."),
  header: texts.describe('Headers of the request: "name: value".'),
};

export const tools: readonly Tool[] = [
  tool({
    name: "trace",
    title: "Trace a request",
    description:
      "Says where a request gets in the mesh, hop by hop, from the configuration alone: which workload it reaches, " +
      "or what stops it and which object is to blame. Sends nothing. Works on any Istio mesh.",
    input: z.strictObject({
      ...request,
      claim: texts.describe('Claims of a valid token that the request carries: "name=value".'),
      clientCertificate: texts.describe("The client shows a certificate with these names."),
      planned: z.boolean().optional().describe("As it would be after an apply of what is declared."),
      ...given,
    }),
    output: "Trace",
    command: ({ from, url, ...options }) => words("trace", [from, url], options),
  }),
  tool({
    name: "paths",
    title: "Who reaches what",
    description:
      "All callers, hosts and ports at once: which kinds of requests are answered, refused or cannot be told. " +
      "Narrow it by from, to and namespace: a whole mesh is much to read.",
    input: z.strictObject({
      from: texts.describe('Only these callers: "sleep.foo@cluster1", "*.foo", "outside".'),
      to: texts.describe('Only these hosts: "httpbin.bar", "httpbin.bar:8000", "*.example.com".'),
      namespace: texts.describe("Only where a caller or host is in these namespaces."),
      public: z.boolean().optional().describe("Only what clients outside of the clusters may call."),
      withoutMtls: z.boolean().optional().describe("Only what is answered without mutual TLS."),
      refused: z.boolean().optional().describe("Only what is not answered."),
      unknown: z.boolean().optional().describe("Only what cannot be told, and why."),
      ...given,
    }),
    output: "Paths",
    command: (options) => words("paths", [], options),
  }),
  tool({
    name: "diff_paths",
    title: "What a change does to paths",
    description:
      "Only what becomes another between two states of one cluster, with the changed object that an answer names as deciding.",
    input: z.strictObject({
      before: z.string().describe('A folder, a dump, "context:NAME", or a range of git revisions: "HEAD~1..".'),
      after: z.string().describe("The other state; after a range of revisions the folder in the repository."),
    }),
    output: "PathChanges",
    command: ({ before, after }) => words("diff-paths", [before, after], {}),
  }),
  tool({
    name: "test",
    title: "Run PathTests",
    description: "Holds expectations in files (kinds PathTest and PathTestSuite) against a mesh. Sends nothing.",
    input: z.strictObject({
      files: texts.describe("Files of tests, or folders with all below them; the folder of the server unless set."),
      filter: z.string().optional().describe("Only tests with this in their names; * is any text."),
      selector: z.string().optional().describe('Only tests with these labels: "tier=web".'),
      planned: z.boolean().optional().describe("As it would be after an apply of what is declared."),
      ...given,
    }),
    output: "PathTests",
    command: ({ files, ...options }) => words("test", files, options),
  }),
  tool({
    name: "lint",
    title: "Objects without effect",
    description:
      "Istio objects that do nothing: rules for hosts that nobody has, subsets without pods, shadowed routes.",
    input: z.strictObject(given),
    output: "Lint",
    command: (options) => words("lint", [], options),
  }),
  tool({
    name: "check",
    title: "Check clusters",
    description: "Says what is wrong with clusters or would be in the way: API, istiod, gateways, trust, proxies.",
    input: z.strictObject({ category: texts.describe("Only these categories."), ...given }),
    output: "Check",
    command: (options) => words("check", [], { ...options, readOnly: true }),
  }),
  tool({
    name: "status",
    title: "Status of the mesh",
    description: "Clusters, links between them, and each declared service with its health, at a glance.",
    input: z.strictObject(scope),
    output: "Status",
    command: ({ services, ...options }) => words("status", services, options),
  }),
  tool({
    name: "describe",
    title: "Describe a host",
    description: "All about one host: what declares it, what is in the clusters, and who may call it.",
    input: z.strictObject({ host: z.string().describe('"httpbin.bar.cluster2", or "httpbin.bar" as declared.') }),
    output: "Description",
    command: ({ host }) => words("describe", [host], {}),
  }),
  tool({
    name: "plan",
    title: "Plan",
    description:
      "What an apply would write into each cluster, in which order, and what that does to each path. Writes nothing.",
    input: z.strictObject(scope),
    output: "Plan",
    command: ({ services, ...options }) => words("plan", services, options),
  }),
  tool({
    name: "verify",
    title: "Verify paths",
    description: "Proves each declared path from what the clusters hold, without a call.",
    input: z.strictObject(scope),
    output: "Verification",
    command: ({ services, ...options }) => words("verify", services, { ...options, noProbe: true }),
  }),
  tool({
    name: "explain",
    title: "Explain",
    description: "What a problem code means and what to do about it, or what a field of a declaration is for.",
    input: z.strictObject({ word: z.string().describe('"GATEWAY_NO_ADDRESS", or "SharedService.spec.traffic".') }),
    command: ({ word }) => words("explain", [word], {}),
  }),
  tool({
    name: "verify_calls",
    title: "Verify paths by calls",
    description: "Proves each declared path on paper and by a call through the mesh.",
    input: z.strictObject(scope),
    output: "Verification",
    acts: true,
    command: ({ services, ...options }) => words("verify", services, { ...options, probe: true }),
  }),
  tool({
    name: "doctor",
    title: "Find out why a request fails",
    description: "Traces a request on paper, makes it in the caller's pod, and compares at each hop in between.",
    input: z.strictObject({ ...request, ...given }),
    output: "Diagnosis",
    acts: true,
    command: ({ from, url, ...options }) => words("doctor", [from, url], options),
  }),
  tool({
    name: "apply",
    title: "Apply",
    description: "Makes the clusters as declared. Refused where more than maxDelete of what is ours would go.",
    input: z.strictObject({
      ...scope,
      dryRun: z.boolean().optional().describe("Let the clusters check every change, and write nothing."),
      maxDelete: z.string().optional().describe('Objects that may be deleted: "10%" or "3". 50% unless set.'),
    }),
    output: "Apply",
    acts: true,
    command: ({ services, ...options }) => words("apply", services, { ...options, yes: true }),
  }),
];
