import * as z from "zod";
import { refSchema } from "./findingSchema.ts";
import { traceSchema } from "./traceSchema.ts";

const text = z.string();

const wireSchema = z
  .strictObject({
    calls: z.int().describe("Requests that were made."),
    left: z.record(text, z.int()).describe("Requests that were not, by why."),
    differs: z
      .array(z.strictObject({ caller: text, url: text, paper: text, wire: text }))
      .describe("Calls that do otherwise than their trace says."),
  })
  .describe("With --wire.");

/** What became of one test. */
export const pathTestResultSchema = z.looseObject({
  name: text,
  suite: text,
  at: text.describe("file:line:column"),
  verdict: z.enum(["pass", "fail", "untold"]),
  why: text,
  counts: z.strictObject({ met: z.int(), unmet: z.int(), untold: z.int() }).describe("Requests, by what came of them."),
  example: z
    .strictObject({
      caller: text,
      url: text,
      why: text,
      branch: z.int().describe("Of the trace's branches the one that decides."),
      objects: z.array(refSchema).describe("What it turns on."),
      trace: z.strictObject(traceSchema),
    })
    .optional()
    .describe("The request that decides: of a failed test its counterexample."),
  others: z.array(text).describe("Further counterexamples."),
  assumes: z.array(text).describe("What a pass rests on and no configuration shows."),
  wire: wireSchema.optional(),
});
