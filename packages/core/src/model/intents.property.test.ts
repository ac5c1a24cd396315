import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { kinds } from "./declaredKinds.ts";
import { at, type Intent } from "./intents.ts";
import { parseIntents } from "./parseIntents.ts";
import { type FieldSchema, fieldSchemaOf, type Path } from "./schema/fieldSchema.ts";
import { minimalIntent } from "./schema/minimalIntent.ts";
import { readIntent } from "./schema/readIntent.ts";
import { readDocuments } from "./yaml/readDocuments.ts";
import { createSources } from "./yaml/sources.ts";
import { appendDocument, formatIntents, toYaml } from "./yaml/toYaml.ts";

/** Any value that a field's schema allows. Fields that only the API server writes stay absent. */
function arbitraryOf(schema: FieldSchema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "array":
      return fc.uniqueArray(arbitraryOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case "integer":
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 100 });
    case "boolean":
      return fc.boolean();
    case "string":
      return textOf(schema);
    case "object": {
      if (schema.properties === undefined) {
        const value = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
        const key = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__" && isText(name));
        return fc.dictionary(key, arbitraryOf(value), { maxKeys: 3, noNullPrototype: true });
      }
      const fields = Object.entries(schema.properties).filter(([, field]) => Object.keys(field).length > 0);
      const record = Object.fromEntries(fields.map(([name, field]) => [name, arbitraryOf(field)]));
      return fc.record(record, { requiredKeys: [...(schema.required ?? [])], noNullPrototype: true });
    }
    default:
      return fc.oneof(
        fc.boolean(),
        fc.integer(),
        fc.constantFrom("on", "1", "0x10", "null", "~", "a: b", "- a", " a "),
      );
  }
}

/** By what they must be like: many fields are alike, and to make one takes milliseconds. */
const texts = new Map<string, fc.Arbitrary<string>>();

function textOf({ pattern, minLength = 0 }: FieldSchema): fc.Arbitrary<string> {
  const key = pattern ?? `${minLength}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const made =
    pattern === undefined
      ? fc.string({ unit: "grapheme", minLength }).filter(isText)
      : fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= 63 && isText(text));
  texts.set(key, made);
  return made;
}

/** What a file in UTF-8 can hold. */
function isText(text: string): boolean {
  return !/[\0\uFFFD]|\p{Surrogate}/u.test(text);
}

const anyIntent: fc.Arbitrary<Intent> = fc.oneof(...kinds.map((kind) => arbitraryOf(fieldSchemaOf(kind)))).map(read);

function read(value: unknown): Intent {
  const { intent, mistakes } = readIntent(value);
  if (intent === undefined) throw new Error(JSON.stringify({ value, mistakes }));
  return intent;
}

function readBack(text: string): readonly Intent[] {
  const { documents, problems } = readDocuments({ name: "a.yaml", text });
  expect(problems).toEqual([]);
  return documents.map(({ value }) => read(value));
}

test("what is written reads back the same", () => {
  fc.assert(
    fc.property(fc.array(anyIntent), (intents) => {
      expect(readBack(formatIntents(intents))).toEqual(intents);
    }),
  );
});

test("writing is stable: what is read back is written the same", () => {
  fc.assert(
    fc.property(anyIntent, (intent) => {
      const text = toYaml(intent);

      expect(readBack(text).map(toYaml)).toEqual([text]);
    }),
  );
});

test("an appended resource reads back after those that a text holds, and the text stays", () => {
  const ending = fc.constantFrom("", "\n", "\n\n", "\n---", "\n---\n", "\n...\n", "\n# end", "\r\n");
  fc.assert(
    fc.property(anyIntent, fc.array(anyIntent), ending, (first, rest, end) => {
      const text = `# mine\n${toYaml(first).trimEnd()}${end}`;

      const appended = rest.reduce(appendDocument, text);

      expect(appended.startsWith(text)).toBe(true);
      expect(readBack(appended)).toEqual([first, ...rest]);
    }),
  );
});

test("a field is located where it stands in the text", () => {
  const marker = "zzmarkerzz";
  fc.assert(
    fc.property(anyIntent, fc.nat(), fc.boolean(), (intent, choice, isFlow) => {
      const minimal = minimalIntent(intent);
      const paths = leaves(minimal, []);
      const path = paths[choice % paths.length] ?? [];
      const text = stringify(replaced(minimal, path, marker), { collectionStyle: isFlow ? "flow" : "block" });
      const before = text.slice(0, text.indexOf(marker)).split("\n");

      const { documents } = readDocuments({ name: "a.yaml", text });
      const sources = createSources(documents.map((document) => ({ intent, document, base: [] })));

      const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
      expect(sources.locate(at(intent, ...path))).toMatchObject({ file: "a.yaml", line, column });
    }),
  );
});

function leaves(value: unknown, path: Path): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

function replaced(value: unknown, [step, ...rest]: Path, leaf: unknown): unknown {
  if (step === undefined) return leaf;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? replaced(item, rest, leaf) : item));
  const fields = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(fields.map(([key, item]) => [key, key === step ? replaced(item, rest, leaf) : item]));
}

/** Of any text there are either intents or problems, and each problem names a place of the file. */
function expectAnswer(text: string) {
  const { intents, problems } = parseIntents([{ name: "a.yaml", text }]);
  const lines = text.split("\n");

  expect(intents === undefined).toBe(problems.length > 0);
  const elsewhere = problems.filter(({ at: place }) => {
    const [, line = 0, column = 0] = /^a\.yaml:(\d+):(\d+)$/.exec(place)?.map(Number) ?? [];
    return line < 1 || line > lines.length || column < 1 || column > (lines[line - 1] ?? "").length + 1;
  });
  expect(elsewhere).toEqual([]);
  const unclear = problems.filter(({ message, hint }) => /Invalid input|undefined|\[object/.test(`${message} ${hint}`));
  expect(unclear).toEqual([]);
}

test("any text is answered", () => {
  const yamlish = fc.array(
    fc.constantFrom(
      ..."{}[],:&*#?|>-<%@`!'\"\\ \n\t\r~",
      "a",
      "- ",
      ": ",
      "&a ",
      "*a",
      "<<: ",
      "---\n",
      "__proto__",
      "\u2028",
      "\uFEFF",
    ),
    { maxLength: 60 },
  );
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), expectAnswer), { numRuns: 300 });
  fc.assert(
    fc.property(
      yamlish.map((pieces) => pieces.join("")),
      expectAnswer,
    ),
    { numRuns: 1000 },
  );
});

test("any change of a valid text is answered", () => {
  const edit = fc.record({
    from: fc.nat(),
    length: fc.nat({ max: 8 }),
    text: fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom("\n", "\t", "- ", ": ", "[", "{", "null", "*a", "&a ", ""),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(anyIntent, { minLength: 1, maxLength: 3 }),
      fc.array(edit, { maxLength: 4 }),
      (intents, edits) => {
        const changed = edits.reduce((text, { from, length, text: inserted }) => {
          const start = from % text.length;
          return `${text.slice(0, start)}${inserted}${text.slice(start + length)}`;
        }, formatIntents(intents));

        expectAnswer(changed);
      },
    ),
    { numRuns: 200, endOnFailure: true },
  );
});

test("a resource of any JSON value is answered in plain words", () => {
  const spec = fc.jsonValue();
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.jsonValue(),
      spec,
      fc.dictionary(fc.string(), spec),
      (kind, metadata, value, rest) => {
        expectAnswer(JSON.stringify({ ...rest, apiVersion: "isthmus.io/v1alpha1", kind, metadata, spec: value }));
      },
    ),
    { numRuns: 300 },
  );
});

test("a change of type anywhere in a resource is answered in plain words", () => {
  fc.assert(
    fc.property(anyIntent, fc.nat(), fc.jsonValue({ maxDepth: 1 }), (intent, choice, value) => {
      const minimal = minimalIntent(intent);
      const paths = leaves(minimal, []).flatMap((path) => path.map((_, index) => path.slice(0, index + 1)));

      expectAnswer(stringify(replaced(minimal, paths[choice % paths.length] ?? [], value)));
    }),
    { numRuns: 300, endOnFailure: true },
  );
});
