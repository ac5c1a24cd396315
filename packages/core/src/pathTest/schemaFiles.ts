import { z } from "zod";
import { declaredKinds, kinds } from "../model/index.ts";
import { pathTestSchema, pathTestSuiteSchema } from "./pathTestSchema.ts";

/** A JSON Schema (draft 2020-12) for each kind that people write, for editors: what `npm run generate` writes to docs/schema/kinds. */
export function kindSchemaFiles(): readonly { readonly name: string; readonly text: string }[] {
  const declared = kinds.map((kind) => [kind, declaredKinds[kind].schema] as const);
  const all = [...declared, ["PathTest", pathTestSchema] as const, ["PathTestSuite", pathTestSuiteSchema] as const];
  return all.map(([kind, schema]: readonly [string, z.ZodType]) => {
    const text = JSON.stringify(z.toJSONSchema(schema.meta({ title: kind }), { io: "input" }), undefined, 2);
    return { name: `${kind}.json`, text: `${text}\n` };
  });
}
