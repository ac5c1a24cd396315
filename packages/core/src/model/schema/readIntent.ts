import { say, showValue } from "../../findings/index.ts";
import { declaredKinds, isKind, type Kind, kinds, testKinds } from "../declaredKinds.ts";
import type { Intent } from "../intents.ts";
import { nearestName } from "../nearestName.ts";
import { apiVersion, group } from "../resource.ts";
import type { Mistake } from "./explainIssues.ts";
import { explainIssues, type SourceAt } from "./explainIssues.ts";
import { kindSchemaOf } from "./fieldSchema.ts";

export type ReadIntent =
  | { readonly intent: Intent; readonly mistakes?: never }
  | { readonly intent?: never; readonly mistakes: readonly Mistake[] };

/** A declared resource with its defaults filled in, or all that is wrong with it. */
export function readIntent(value: unknown, sourceAt: SourceAt = () => undefined): ReadIntent {
  const kind = kindOf(value);
  if (typeof kind !== "string") return { mistakes: kind };
  const parsed = declaredKinds[kind].schema.safeParse(value);
  if (parsed.success) return { intent: parsed.data };
  return { mistakes: explainIssues(kindSchemaOf(kind), value, parsed.error.issues, sourceAt) };
}

function kindOf(value: unknown): Kind | readonly Mistake[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = say`a resource must be a mapping with apiVersion, kind, metadata and spec, found ${{ found: showValue(value) }}`;
    return [{ code: "FIELD_INVALID", path: [], part: "value", message, hint: "" }];
  }
  const { apiVersion: foundVersion, kind } = value as Readonly<Record<string, unknown>>;
  const missing: Mistake[] = [];
  if (foundVersion === undefined) missing.push(missingField("apiVersion", apiVersion));
  if (kind === undefined) missing.push(missingField("kind", `one of ${kinds.join(", ")}`));
  if (missing.length > 0) return missing;
  if (foundVersion !== apiVersion) return [unknownVersion(foundVersion, kind)];
  return isKind(kind) ? kind : [unknownKind(kind)];
}

export function missingField(field: string, takes: string): Mistake {
  return {
    code: "FIELD_MISSING",
    path: [field],
    part: "value",
    message: say`${{ field }} is missing`,
    hint: `it takes ${takes}`,
  };
}

export function unknownVersion(found: unknown, kind: unknown): Mistake {
  const ours = typeof found === "string" && (found.startsWith(`${group}/`) || nearestName(found, [apiVersion]));
  return {
    code: "KIND_UNKNOWN",
    path: ["apiVersion"],
    part: "value",
    message: ours
      ? say`there is no apiVersion ${{ found: showValue(found) }}`
      : say`${typeof kind === "string" ? say`${{ kind }}` : "the resource"} of apiVersion ${{ found: showValue(found) }} is none of ours`,
    hint:
      ours || isKind(kind)
        ? `did you mean ${apiVersion}?`
        : "keep other manifests apart from Isthmus resources; a MeshCluster's spec.access.directory may name their folder",
  };
}

export function unknownKind(found: unknown): Mistake {
  const meant = typeof found === "string" ? nearestName(found, [...kinds, ...testKinds]) : undefined;
  return {
    code: "KIND_UNKNOWN",
    path: ["kind"],
    part: "value",
    message: say`${{ apiVersion }} has no kind ${{ found: showValue(found) }}`,
    hint: meant === undefined ? `the kinds are ${kinds.join(", ")}` : `did you mean ${meant}?`,
  };
}
