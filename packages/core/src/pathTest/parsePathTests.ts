import type { z } from "zod";
import { say, showPlace } from "../findings/index.ts";
import {
  apiVersion,
  explainIssues,
  group,
  type InputFile,
  isKind,
  isTestKind,
  type KindSchema,
  type Mistake,
  missingField,
  nearestName,
  offsetAt,
  type Path,
  problemOfItem,
  type ResourceItem,
  readDocuments,
  resourcesIn,
  sourceAt,
  testKinds,
  toFieldSchema,
  unknownKind,
  unknownVersion,
  valueAt,
} from "../model/index.ts";
import type { Problem } from "../problem.ts";
import type { PathTest } from "./pathTest.ts";
import { pathTestSchema, pathTestSuiteSchema } from "./pathTestSchema.ts";

export interface ParsedPathTests {
  /** In the order of files and lines; those that can be understood, whatever is wrong with others. */
  readonly tests: readonly PathTest[];
  readonly problems: readonly Problem[];
}

const testKindSchemas = { PathTest: pathTestSchema, PathTestSuite: pathTestSuiteSchema } as const;

/** The kind of this name with what its files take, in any case. */
export function testKindNamed(name: string): KindSchema | undefined {
  const kind = testKinds.find((each) => each.toLowerCase() === name.toLowerCase());
  return kind === undefined ? undefined : { kind, schema: toFieldSchema(testKindSchemas[kind]) };
}

/** Reads the tests among the documents of files, and passes over other declarations and manifests. Never throws. */
export function parsePathTests(files: readonly InputFile[]): ParsedPathTests {
  const tests = new Map<string, PathTest>();
  const problems: Problem[] = [];
  for (const { documents, problems: unread } of files.map(readDocuments)) {
    problems.push(...unread);
    for (const item of documents.flatMap(resourcesIn)) {
      const { found, mistakes } = readItem(item);
      problems.push(...mistakes.map((mistake) => problemOfItem(item, mistake)));
      for (const test of found) {
        const first = tests.get(test.name);
        if (first === undefined) tests.set(test.name, test);
        else problems.push(problemOfItem(item, duplicate(test, first)));
      }
    }
  }
  return { tests: [...tests.values()], problems };
}

interface ReadItem {
  readonly found: readonly PathTest[];
  readonly mistakes: readonly Mistake[];
}

function readItem(item: ResourceItem): ReadItem {
  const value = valueAt(item.document.value, item.base);
  const kind = kindOf(value);
  if (kind === undefined) return { found: [], mistakes: [] };
  if (typeof kind !== "string") return { found: [], mistakes: [kind] };
  const schema = testKindSchemas[kind];
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const source = (path: Path) => sourceAt(item.document.root, [...item.base, ...path]);
    const known = { kind, schema: toFieldSchema(schema) };
    return { found: [], mistakes: explainIssues(known, value, parsed.error.issues, source) };
  }
  return { found: testsOf(parsed.data, item), mistakes: [] };
}

/** Undefined for what is not meant as a test. */
function kindOf(value: unknown): (typeof testKinds)[number] | Mistake | undefined {
  const [version, kind] = [valueAt(value, ["apiVersion"]), valueAt(value, ["kind"])];
  if (isTestKind(kind)) {
    if (version === undefined) return missingField("apiVersion", apiVersion);
    return version === apiVersion ? kind : unknownVersion(version, kind);
  }
  if (isKind(kind)) return undefined;
  const isOurs = typeof version === "string" && version.startsWith(`${group}/`);
  const isNear = typeof kind === "string" && version === undefined && nearestName(kind, testKinds) !== undefined;
  return isOurs || isNear ? unknownKind(kind) : undefined;
}

type Resource = z.output<typeof pathTestSchema> | z.output<typeof pathTestSuiteSchema>;

function testsOf(resource: Resource, item: ResourceItem): readonly PathTest[] {
  const { name: suite, labels = {} } = resource.metadata;
  const at = (path: Path) => item.document.place(offsetAt(item.document.root, [...item.base, ...path]));
  if (resource.kind === "PathTest") {
    return [{ name: suite, suite, labels, at: at(["metadata", "name"]), ...resource.spec }];
  }
  const { tests, from: commonFrom, to: commonTo } = resource.spec;
  return tests.flatMap(({ name, description, from = commonFrom, to = commonTo, expect }, index) => {
    // The schema has seen to it that there are both.
    if (from === undefined || to === undefined) return [];
    const place = at(["spec", "tests", index, "name"]);
    const about = description === undefined ? {} : { description };
    return [{ name: `${suite}/${name}`, suite, ...about, labels, at: place, from, to, expect }];
  });
}

function duplicate({ name }: PathTest, first: PathTest): Mistake {
  return {
    code: "RESOURCE_DUPLICATE",
    path: ["metadata", "name"],
    part: "value",
    message: say`there are two tests ${{ name }}; the first is at ${{ first: showPlace(first.at) }}`,
    hint: "rename one of the two",
  };
}
