import * as z from "zod";
import { checkCategories, checkStatuses } from "../check/index.ts";
import { actionVerbs } from "../plan/index.ts";
import { codeSchema, problemSchema, refSchema } from "./findingSchema.ts";
import { pathChangesSchema, pathsSchema } from "./pathsSchema.ts";
import { pathTestResultSchema } from "./pathTestResultSchema.ts";
import { declaredPathSchema, pathEffectSchema, proofSchema, traceSchema } from "./traceSchema.ts";

export const outputVersion = "output.isthmus.io/v1";

const text = z.string();
const anything = z.looseObject({});
const problems = z.array(problemSchema);
const objectRef = z.strictObject({ group: text, kind: text, namespace: text.optional(), name: text });

const action = z.looseObject({
  verb: z.enum(actionVerbs),
  cluster: text,
  ref: objectRef,
  owner: text,
  side: z.enum(["server", "consumer"]),
  phase: z.int(),
  changes: z.array(z.strictObject({ path: text, before: z.json().optional(), after: z.json().optional() })),
});

const plan = {
  summary: anything,
  actions: z.array(action),
  stages: z.array(z.looseObject({ owners: z.array(text) })),
  paths: z.array(declaredPathSchema),
  pathEffects: z.array(pathEffectSchema).optional(),
  goingPaths: z
    .array(z.looseObject({ owner: text, cluster: text, namespace: text.optional(), host: text }))
    .optional()
    .describe("Names that callers lose; without a namespace: clients outside."),
  undeclared: z
    .array(z.looseObject({ owner: text, objects: z.int() }))
    .optional()
    .describe("Owners that no file declares any longer, and whose objects are deleted."),
  leftOut: z
    .array(z.looseObject({ owner: text, writes: z.int() }))
    .describe("What the whole plan would write for others than were asked for."),
  pending: z.record(text, text).describe("Why what an owner has stays as it is."),
  problems,
};

const pathCounts = z.looseObject({ works: z.int(), broken: z.int(), unknown: z.int(), why: text.optional() });

const declaredState = z.looseObject({
  name: text,
  hosts: z.array(text),
  state: z.enum(["in sync", "to apply", "pending"]),
  reason: text.optional(),
  paths: pathCounts,
});

const checkRow = problemSchema.partial().extend({
  category: z.enum(checkCategories),
  check: text,
  cluster: text.optional(),
  title: text,
  status: z.enum(checkStatuses),
  message: text,
  docs: text.optional(),
});

const explainedField = z.looseObject({
  name: text,
  takes: text,
  isRequired: z.boolean(),
  default: text.optional().describe("As JSON."),
  description: text.optional(),
});

/** What `-o json` and `yaml` of each command print, by `kind`. Only what has to stay is named; more fields may come. */
const outputs = {
  Problems: { problems },
  Plan: plan,
  Apply: {
    ...plan,
    written: z.array(anything),
    waits: z.array(z.json()),
    proofs: z.array(proofSchema).optional().describe("With --wait: how each declared path stands in the end."),
  },
  Status: {
    clusters: z.array(
      z.looseObject({ name: text, source: z.enum(["live", "directory"]), access: text, owned: z.int() }),
    ),
    links: z.array(z.looseObject({ from: text, to: text, paths: pathCounts })),
    sharedServices: z.array(declaredState),
    externalAccesses: z.array(declaredState),
    externalServices: z.array(declaredState),
    undeclared: plan.undeclared,
    problems,
  },
  Description: {
    name: text,
    declarations: z.array(z.strictObject({ declaration: text, at: text })),
    sharedServices: z.array(anything),
    externalAccesses: z.array(anything),
    externalServices: z.array(anything),
    hosts: z.array(text),
    clusters: z.array(z.looseObject({ name: text, gateway: z.array(text), trustRoots: z.array(anything) })),
    servers: z.array(
      z.looseObject({
        cluster: text,
        namespace: text,
        service: text,
        exists: z.boolean(),
        ports: z.array(z.looseObject({ number: z.int(), name: text, endpoints: z.array(anything) })),
        policies: z.array(z.strictObject({ object: refSchema, says: text })),
      }),
    ),
    objects: z.array(
      refSchema.extend({
        owner: text,
        state: z.enum(["in place", "missing", "differs", "not declared any longer", "left as it is"]),
        fields: z.array(text),
        reason: text.optional(),
      }),
    ),
    paths: z.array(
      z.looseObject({ path: declaredPathSchema, verdict: traceSchema.verdict, assumes: traceSchema.assumes }),
    ),
    problems,
  },
  Explanation: {
    codes: z.array(
      z.strictObject({
        code: codeSchema,
        severity: problemSchema.shape.severity,
        summary: text,
        text: text.optional().describe("Its section of docs/problems.md."),
      }),
    ),
    fields: z.array(explainedField.extend({ fields: z.array(explainedField) })),
  },
  Trace: traceSchema,
  PathTests: {
    summary: z.strictObject({ tests: z.int(), pass: z.int(), fail: z.int(), untold: z.int(), wire: z.int() }),
    tests: z.array(pathTestResultSchema),
    problems,
  },
  Paths: pathsSchema,
  PathChanges: pathChangesSchema,
  Verification: { proofs: z.array(proofSchema), undeclared: plan.undeclared, problems },
  Probes: { probes: z.array(z.looseObject({ kind: text, at: text, status: text, detail: text })), problems },
  Check: { summary: z.record(z.enum(checkStatuses), z.int()), rows: z.array(checkRow) },
  Lint: {
    findings: problems,
    skipped: z.array(z.strictObject({ cluster: text, code: codeSchema, why: text })),
    looked: z.int().describe("Rules that were looked for, over all clusters."),
  },
  Diagnosis: {
    wire: z.enum(["works", "fails", "untold"]),
    findings: problems,
    unseen: z.array(text),
    evidence: z.looseObject({ paper: z.strictObject(traceSchema) }),
  },
  CaStatus: { clusters: z.array(z.looseObject({ cluster: text })), problems },
  Certificates: { certificates: z.array(anything), problems },
  ClientCertificate: { folder: text, subject: text, fingerprint: text, notAfter: text, san: z.json() },
  Intermediates: { clusters: z.array(anything), problems },
  KeyFile: { file: text, subject: text, fingerprint: text, notBefore: text, notAfter: text, key: text },
  Rotation: { target: text, stage: text, clusters: z.array(anything), waits: z.array(anything), problems },
  Version: { client: text, clusters: z.array(z.looseObject({ name: text, kubernetes: text, istio: z.array(text) })) },
  WrittenFiles: { written: z.json() },
} as const satisfies Record<string, z.core.$ZodLooseShape>;

export type OutputKind = keyof typeof outputs;

/** A JSON Schema (draft 2020-12) for each kind of output: what `npm run generate` writes to docs/schema. */
export function outputSchemaFiles(): readonly { readonly name: string; readonly text: string }[] {
  const kinds = Object.keys(outputs) as OutputKind[];
  return kinds.map((kind) => ({ name: `${kind}.json`, text: `${JSON.stringify(outputSchema(kind), undefined, 2)}\n` }));
}

/** The JSON Schema of what commands print of one kind. */
export function outputSchema(kind: OutputKind): Readonly<Record<string, unknown>> {
  const head = { apiVersion: z.literal(outputVersion), kind: z.literal(kind) };
  return z.toJSONSchema(z.looseObject({ ...head, ...outputs[kind] }).meta({ title: kind }));
}
