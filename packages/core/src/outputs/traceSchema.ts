import * as z from "zod";
import { assumptionKinds, protections } from "../trace/index.ts";
import { hopNames } from "../verify/index.ts";
import { codeSchema, madeOfSchema, refSchema } from "./findingSchema.ts";

const text = z.string();
const status = z.enum(["ok", "unknown", "broken"]);
const verdict = z.enum(["reaches", "partly", "broken", "unknown"]);
const assumes = z.array(z.strictObject({ about: z.enum(assumptionKinds), detail: text }));

/** A station. Its place is `cluster`, `object` and `field`. */
const hopSchema = z.strictObject({
  name: z.enum(hopNames),
  status,
  cluster: text.optional(),
  object: refSchema.optional(),
  field: text.optional(),
  detail: text,
  upstream: z.strictObject({ host: text, port: z.int() }).optional(),
  others: z.array(z.strictObject({ object: refSchema, field: text.optional(), part: text })).optional(),
  assumes: assumes.optional(),
  wire: z.enum(protections).optional().describe("Of a station that takes a connection: what protects it."),
  identities: z
    .strictObject({ client: text.optional(), server: text })
    .optional()
    .describe("SPIFFE IDs of a handshake."),
  limits: z
    .strictObject({ timeout: z.number().optional(), retries: z.int() })
    .optional()
    .describe("Of a route: milliseconds for a request with all its tries, and tries beside the first."),
  source: text.optional().describe("The file of Istio's source that the rule rests on."),
  code: codeSchema.optional(),
  fix: text.optional().describe("What to change."),
  params: madeOfSchema.params.optional(),
  refs: madeOfSchema.refs.optional(),
});

const branchSchema = z.strictObject({
  probability: z.number(),
  hops: z.array(hopSchema),
  outcome: z.looseObject({ kind: z.enum(["answered", "refused", "reset", "no-such-host", "timeout", "unknown"]) }),
  isRetried: z.literal(true).optional(),
  isRelayed: z.literal(true).optional(),
});

const requestSchema = z.looseObject({
  from: z.looseObject({ cluster: text.optional() }),
  method: text,
  url: z.strictObject({ scheme: text, host: text, port: z.int(), path: text }),
  headers: z.record(text, text),
});

export const traceSchema = {
  request: requestSchema,
  branches: z.array(branchSchema),
  verdict,
  assumes,
  blamed: hopSchema.optional(),
};

export const declaredPathSchema = z.looseObject({
  direction: z.enum(["across", "in", "out"]),
  owner: text,
  host: text,
  port: z.int(),
});

export const proofSchema = z.looseObject({
  path: declaredPathSchema,
  trace: z.strictObject(traceSchema),
  share: z.number(),
  hops: z.array(hopSchema),
  verdict: status,
});

export const pathEffectSchema = z.looseObject({
  host: text,
  port: z.int(),
  kind: text,
  before: verdict,
  after: verdict,
  assumes,
});
