import * as z from "zod";
import { byList, declaredKinds, type Intents } from "../model/index.ts";

export const savedPlanFormat = "isthmus.io/plan";
export const savedPlanVersion = 3;

/** What tells a saved plan, of whatever version, from other JSON. */
export const savedPlanHeadSchema = z.looseObject({ format: z.literal(savedPlanFormat), version: z.number() });

const text = z.string().min(1);
const labels = z.record(z.string(), z.string());

const objectSchema = z.looseObject({
  apiVersion: text,
  kind: text,
  metadata: z.strictObject({
    name: text,
    namespace: text.exactOptional(),
    labels,
    annotations: labels.exactOptional(),
  }),
});

const ref = z.strictObject({ group: z.string(), kind: text, namespace: text.exactOptional(), name: text });

const common = {
  cluster: text,
  ref,
  owner: text,
  formerOwner: text.exactOptional(),
  side: z.enum(["server", "consumer"]),
  phase: z.literal([0, 1, 2, 3, 4]),
  changes: z.array(z.strictObject({ path: text, before: z.unknown().optional(), after: z.unknown().optional() })),
};
const live = z.strictObject({
  // Empty ones would be no precondition at all.
  uid: text,
  resourceVersion: text,
  generation: z.int().exactOptional(),
});

const actionSchema = z.discriminatedUnion("verb", [
  z.strictObject({ ...common, verb: z.literal("create"), desired: objectSchema }),
  z.strictObject({ ...common, verb: z.literal("update"), desired: objectSchema, live }),
  z.strictObject({ ...common, verb: z.literal("delete"), live }),
  z.strictObject({ ...common, verb: z.literal("noop"), live: live.exactOptional(), reason: text.exactOptional() }),
]);

export const savedPlanSchema = z.strictObject({
  format: z.literal(savedPlanFormat),
  version: z.literal(savedPlanVersion),
  intents: z.strictObject({
    mesh: declaredKinds.Mesh.schema,
    ...byList((kind) => z.array<z.ZodType>(declaredKinds[kind].schema)),
  }) as unknown as z.ZodType<Intents>,
  actions: z.array(actionSchema),
  // For whoever reads the file: an apply takes the order from the actions and from the clusters.
  stages: z.array(
    z.strictObject({
      owners: z.array(text),
      writes: z.array(z.strictObject({ cluster: text, verb: z.enum(["create", "update", "delete"]), ref })),
      // biome-ignore lint/suspicious/noThenProperty: what a stage says, not a promise
      then: z.enum(["acknowledged", "pause", "nothing"]),
    }),
  ),
});
