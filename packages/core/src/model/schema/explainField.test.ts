import { expect, test } from "vitest";
import { kinds } from "../declaredKinds.ts";
import { explainField } from "./explainField.ts";
import { kindSchemaOf } from "./fieldSchema.ts";

test("a field is found through lists, with what it takes and the fields below it", () => {
  expect(explainField(kindSchemaOf("SharedService"), ["spec", "consumers", "namespaces"])).toMatchObject({
    name: "SharedService.spec.consumers.namespaces",
    isRequired: false,
    description: "Consuming namespaces; absent: all of the cluster",
    fields: [],
  });
  expect(explainField(kindSchemaOf("SharedService"), ["spec", "as"])).toMatchObject({ default: '["PerCluster"]' });
});

test("where there is no such field, those that stand there are told", () => {
  expect(explainField(kindSchemaOf("SharedService"), ["spec", "trafic"])).toMatchObject({
    unknown: "trafic",
    known: expect.arrayContaining(["traffic", "servedBy"]),
  });
});

/** All paths of a kind's fields. */
function pathsOf(kind: (typeof kinds)[number], path: readonly string[]): readonly (readonly string[])[] {
  const found = explainField(kindSchemaOf(kind), path);
  if ("unknown" in found) throw new Error(`${kind} has no ${path.join(".")}`);
  return [path, ...found.fields.flatMap(({ name }) => pathsOf(kind, [...path, name]))];
}

test.each(kinds)("every field of %s below spec says what it means", (kind) => {
  const silent = pathsOf(kind, ["spec"]).filter((path) => {
    const found = explainField(kindSchemaOf(kind), path);
    return !("unknown" in found) && found.description === undefined;
  });

  expect(silent.map((path) => path.join("."))).toEqual([]);
});
