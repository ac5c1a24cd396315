import type { z } from "zod";
import { type Sentence, say } from "../../findings/index.ts";
import { offsetAt, type Path, type SourceDocument, valueAt } from "../../model/index.ts";
import type { Problem, ProblemCode } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";

/** One resource of the reference system: a document of emcoctl, or the body of its REST API. */
export interface EmcoResource {
  readonly kind: EmcoKind;
  readonly name: string;
  /** The anchor, segment by segment: where in the tree of resources it is posted. Undefined where the file does not say. */
  readonly anchor: readonly string[] | undefined;
  readonly document: SourceDocument;
  readonly base: Path;
}

/** The last segment of the anchor, for what is read. https://gitlab.com/project-emco/core/emco-base, docs/design/dtc-overview.md */
export const emcoKinds = [
  "inbound-intents",
  "clients",
  "access-points",
  "outbound-intents",
  "server",
  "deployment-intent-groups",
  "app-intents",
  "logical-clouds",
  "labels",
  "kv-pairs",
] as const;
export type EmcoKind = (typeof emcoKinds)[number];

export function emcoProblem(
  { document, base }: EmcoResource,
  code: ProblemCode,
  path: Path,
  message: Sentence,
  hint: string,
): Problem {
  return makeProblem({ code, at: document.place(offsetAt(document.root, [...base, ...path], "key")), message, hint });
}

/** What stands at `path` if it is as the schema says, else all that is wrong with it. Never shows a value: it may be a key. */
export function readFields<Schema extends z.ZodType>(
  resource: EmcoResource,
  path: Path,
  schema: Schema,
): { readonly value?: z.output<Schema>; readonly problems: readonly Problem[] } {
  const raw = valueAt(resource.document.value, [...resource.base, ...path]);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { value: parsed.data, problems: [] };
  return {
    problems: parsed.error.issues.map((issue) => {
      const steps = issue.path.filter((step) => typeof step !== "symbol");
      const shown = [...path, ...steps].join(".");
      const isMissing = valueAt(raw, steps) === undefined;
      return emcoProblem(
        resource,
        isMissing ? "FIELD_MISSING" : "FIELD_INVALID",
        [...path, ...steps],
        isMissing
          ? say`${{ field: shown }} is missing`
          : say`${{ field: shown }} is not as EMCO wants it: ${{ reason: issue.message }}`,
        "",
      );
    }),
  };
}

/** Fields that nothing is made of: better told than lost. */
export function unknownFields(resource: EmcoResource, path: Path, known: readonly string[]): readonly Problem[] {
  const raw = valueAt(resource.document.value, [...resource.base, ...path]);
  if (typeof raw !== "object" || raw === null) return [];
  return Object.keys(raw)
    .filter((name) => !known.includes(name))
    .map((name) => leftOut(resource, [...path, name], say`${[...path, name].join(".")} has no counterpart`, ""));
}

export function leftOut(resource: EmcoResource, path: Path, message: Sentence, hint: string): Problem {
  return emcoProblem(resource, "IMPORT_LEFT_OUT", path, message, hint);
}
