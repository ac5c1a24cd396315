import * as z from "zod";
import { type ProblemCode, problemCodes } from "../problem.ts";

const text = z.string();
const codes = Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]];

export const codeSchema = z.enum(codes).describe("Stable; docs/problems.md has a section for each.");

const placeSchema = z
  .strictObject({
    file: text.optional(),
    line: z.int().optional(),
    column: z.int().optional(),
    cluster: text.optional(),
    kind: text.optional(),
    namespace: text.optional(),
    name: text.optional(),
    field: text.optional(),
    thing: text.optional().describe("Something else that has a name: an address, a certificate's subject."),
  })
  .describe("In a file, a declaration, an object of a cluster, or a cluster; empty: the command line.");

export const refSchema = z
  .strictObject({ cluster: text, kind: text, namespace: text.optional(), name: text })
  .describe("An object of a cluster.");

/** What a sentence is made of. */
export const madeOfSchema = {
  params: z.record(text, z.json()).describe("What the sentences are made of."),
  refs: z.array(refSchema).describe("Objects that the sentences name."),
};

export const problemSchema = z.strictObject({
  code: codeSchema,
  severity: z.enum(["error", "pending", "warning"]),
  place: placeSchema,
  ...madeOfSchema,
  at: text.describe("The place, for people."),
  message: text,
  hint: text.describe("What to do; may be empty."),
});
