import * as z from "zod";
import { pathChangeKinds } from "../reachability/index.ts";
import { codeSchema, refSchema } from "./findingSchema.ts";

const text = z.string();

/** What comes of a class of requests. */
const answerSchema = z.looseObject({
  verdict: z.enum(["reaches", "partly", "broken", "unknown"]),
  outcome: text.describe(
    "answered, 403, 503 UF, reset, no such host, timeout, unknown: of what fails where anything does.",
  ),
  to: z.array(
    z.looseObject({
      cluster: text.optional(),
      namespace: text.optional(),
      name: text,
      region: text.optional(),
      share: z.number(),
    }),
  ),
  mutualTls: z.boolean().optional().describe("Absent where no workload answers."),
  code: codeSchema.optional(),
  object: refSchema.optional().describe("What makes it so."),
  field: text.optional(),
  why: text.optional().describe("Of one request of the class."),
});

export const pathsSchema = {
  callers: z.array(
    z.looseObject({
      cluster: text,
      namespace: text.optional().describe("Absent for clients outside."),
      workload: text,
      serviceAccount: text.optional(),
      pods: z.int(),
      region: text.optional(),
      zone: text.optional(),
    }),
  ),
  paths: z.array(
    z.looseObject({
      from: z.array(text).describe("sleep.foo@cluster1, outside@cluster1"),
      to: z.array(z.strictObject({ host: text, port: z.int(), scheme: text })),
      requests: text.describe("any request, or which: POST /admin*"),
      answer: answerSchema,
      untold: z.array(text).describe("Why some requests could not be tried."),
    }),
  ),
};

export const pathChangesSchema = {
  changes: z.array(
    z.looseObject({
      kind: z.enum(pathChangeKinds),
      callers: z.array(text).describe("sleep.foo@cluster, outside@cluster"),
      target: z.strictObject({ host: text, port: z.int(), scheme: text }),
      requests: text.describe("any request, or which: POST /admin*"),
      before: answerSchema,
      after: answerSchema,
      object: refSchema
        .optional()
        .describe(
          "The one object that differs between the states; where several do, one of them that an answer names as deciding.",
        ),
    }),
  ),
};
