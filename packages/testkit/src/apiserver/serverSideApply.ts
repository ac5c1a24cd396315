import { isDeepStrictEqual } from "node:util";
import {
  declaredFields,
  type FieldPath,
  fromFieldsV1,
  isPrefix,
  pathKey,
  showFieldPath,
  toFieldsV1,
} from "./fieldSet.ts";
import { mergeFields, valueAt, withoutField } from "./fieldValues.ts";
import { type JsonObject, listOf, mapOf, textOf } from "./json.ts";
import type { FieldRules } from "./listRules.ts";
import type { StatusCause } from "./statusError.ts";

interface Manager {
  readonly name: string;
  readonly operation: string;
  readonly subresource: string | undefined;
  readonly entry: JsonObject;
  readonly fields: readonly FieldPath[];
}

export interface ApplyRequest {
  readonly live: JsonObject | undefined;
  readonly config: JsonObject;
  readonly manager: string;
  /** Whoever applies a subresource owns fields apart from those that it applies to the object itself. */
  readonly subresource?: "status" | undefined;
  readonly force: boolean;
  readonly rules: FieldRules;
  /** RFC 3339, for managedFields. */
  readonly time: string;
}

export type ApplyResult =
  | { readonly type: "applied"; readonly object: JsonObject }
  | { readonly type: "conflict"; readonly message: string; readonly causes: readonly StatusCause[] };

/**
 * Server-side apply as in sigs.k8s.io/structured-merge-diff: merge, drop what the manager declared before and no longer does
 * (unless another one owns it), refuse what would change another manager's field, record who owns what.
 */
export function serverSideApply(request: ApplyRequest): ApplyResult {
  const { live, config, rules } = request;
  const managers = readManagers(live);
  const previous = managers.find((manager) => isSame(manager, request));
  const others = managers.filter((manager) => manager !== previous);
  const fields = declaredFields(config, rules);
  const merged = mapOf(mergeFields(live ?? {}, config, rules));

  const taken = fields.flatMap((path) =>
    others.filter((other) => owns(other, path) && changes(live, merged, path)).map((other) => ({ path, other })),
  );
  if (taken.length > 0 && !request.force) return { type: "conflict", ...describe(taken) };

  const left = others
    .map((other) => ({
      ...other,
      fields: other.fields.filter((path) => !taken.some((take) => take.other === other && isPrefix(take.path, path))),
    }))
    .filter((other) => other.fields.length > 0);
  const pruned = undeclared(previous, fields, left).reduce(withoutField, merged);
  const managedFields = [...left.map(renderManager), renderOwn(request, previous, fields)].sort(byAge);
  const metadata = { ...mapOf(pruned.metadata), managedFields };
  return { type: "applied", object: { ...pruned, metadata } };
}

function readManagers(live: JsonObject | undefined): readonly Manager[] {
  return listOf(mapOf(live?.metadata).managedFields).map((raw) => {
    const entry = mapOf(raw);
    return {
      name: textOf(entry.manager) ?? "",
      operation: textOf(entry.operation) ?? "",
      subresource: textOf(entry.subresource),
      entry,
      fields: fromFieldsV1(mapOf(entry.fieldsV1)),
    };
  });
}

function isSame({ name, operation, subresource }: Manager, request: ApplyRequest): boolean {
  return name === request.manager && operation === "Apply" && subresource === request.subresource;
}

function owns(manager: Manager, path: FieldPath): boolean {
  const key = pathKey(path);
  return manager.fields.some((field) => pathKey(field) === key);
}

/** An element of a list that is there already does not change by being declared; its fields speak for themselves. */
function changes(live: JsonObject | undefined, merged: JsonObject, path: FieldPath): boolean {
  const before = valueAt(live, path);
  if (path.at(-1)?.startsWith("k:") === true) return before === undefined;
  return !isDeepStrictEqual(before, valueAt(merged, path));
}

/** What only this manager declared before and no longer declares, inner fields first. */
function undeclared(
  previous: Manager | undefined,
  fields: readonly FieldPath[],
  others: readonly Manager[],
): readonly FieldPath[] {
  return (previous?.fields ?? [])
    .filter((path) => !fields.some((field) => isPrefix(path, field)))
    .filter((path) => !others.some((other) => other.fields.some((field) => isPrefix(path, field))))
    .toSorted((left, right) => right.length - left.length);
}

function describe(taken: readonly { readonly path: FieldPath; readonly other: Manager }[]): {
  readonly message: string;
  readonly causes: readonly StatusCause[];
} {
  const causes = taken.map(({ path, other }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${other.name}"`,
    field: showFieldPath(path),
  }));
  const count = `${causes.length} conflict${causes.length === 1 ? "" : "s"}`;
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join(", ");
  return { message: `Apply failed with ${count}: ${list}`, causes };
}

function renderManager({ entry, fields }: Manager): JsonObject {
  return { ...entry, fieldsV1: toFieldsV1(fields) };
}

function renderOwn(request: ApplyRequest, previous: Manager | undefined, fields: readonly FieldPath[]): JsonObject {
  const fieldsV1 = toFieldsV1(fields);
  const isUnchanged = isDeepStrictEqual(previous?.entry.fieldsV1, fieldsV1);
  return {
    manager: request.manager,
    operation: "Apply",
    apiVersion: textOf(request.config.apiVersion),
    time: isUnchanged ? previous?.entry.time : request.time,
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(request.subresource === undefined ? {} : { subresource: request.subresource }),
  };
}

function byAge(left: JsonObject, right: JsonObject): number {
  const key = (entry: JsonObject) => [entry.operation, entry.time, entry.manager, entry.subresource ?? ""].join(" ");
  return key(left) < key(right) ? -1 : 1;
}
