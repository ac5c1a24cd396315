import {
  elementKey,
  groupOf,
  type KeyedListRule,
  type KubeObject,
  type MergeRules,
  mergeRules,
} from "../kinds/index.ts";
import { type Fields, isFields } from "../shape/index.ts";
import { isSame } from "../world/index.ts";
import type { FieldChange } from "./action.ts";
import { change, compareWhole, fieldValue } from "./compareWhole.ts";
import { elementPath, fieldPath } from "./fieldPath.ts";
import {
  isOwnedWhole,
  type OwnedFields,
  ownedElements,
  ownedField,
  ownedFieldNames,
  ownedFields,
} from "./ownedFields.ts";

interface Place {
  readonly path: string;
  readonly rules: MergeRules;
}

/**
 * What writing `desired` would change in `live`.
 * In a directory the file is ours as a whole. On an API server server-side apply merges: what we declare counts, and what
 * we own (managedFields) and declare no longer; fields that others added or the server defaulted stay and are not changes.
 */
export function fieldChanges(
  desired: KubeObject,
  live: KubeObject,
  source: "live" | "directory",
): readonly FieldChange[] {
  const [declared, found] = [comparable(desired), comparable(live)];
  if (source === "live") {
    const rules = mergeRules(groupOf(desired.apiVersion), desired.kind);
    return compareFields({ path: "", rules }, declared, found, ownedFields(live));
  }
  // On a server the API version is only how an object is asked for; in a file it is part of it.
  const version = compareWhole("apiVersion", desired.apiVersion, live.apiVersion);
  return [...version, ...compareWhole("", declared, found)];
}

/** An object without its name and without what only the server writes. */
function comparable({ metadata: { labels, annotations }, spec, data }: KubeObject): Fields {
  return { metadata: { labels, annotations }, spec, data };
}

function compareFields(
  { path, rules }: Place,
  declared: Fields,
  live: Fields,
  owned: OwnedFields | undefined,
): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  for (const name of Object.keys(declared)) {
    const [wanted, found] = [fieldValue(declared, name), fieldValue(live, name)];
    // Nearly all fields are the same and must cost little: there nothing that we own is left over either.
    if (wanted === undefined || isSame(wanted, found)) continue;
    changes.push(...compareField({ path: fieldPath(path, name), rules }, wanted, found, ownedField(owned, name)));
  }
  for (const name of ownedFieldNames(owned)) {
    if (fieldValue(declared, name) !== undefined) continue;
    changes.push(...removals({ path: fieldPath(path, name), rules }, fieldValue(live, name), ownedField(owned, name)));
  }
  return changes;
}

function compareField(
  place: Place,
  declared: unknown,
  live: unknown,
  owned: OwnedFields | undefined,
): readonly FieldChange[] {
  const rule = place.rules[place.path];
  if (rule === undefined && isFields(declared) && isFields(live)) return compareFields(place, declared, live, owned);
  if (rule?.type === "keyed" && Array.isArray(declared) && Array.isArray(live)) {
    return compareElements(place, { declared, live, owned, rule });
  }
  // Replaced as a whole, so compared as a whole: in the kinds that we write the server defaults nothing inside these.
  return compareWhole(place.path, declared, live);
}

interface KeyedList {
  readonly declared: readonly unknown[];
  readonly live: readonly unknown[];
  readonly owned: OwnedFields | undefined;
  readonly rule: KeyedListRule;
}

function compareElements({ path, rules }: Place, { declared, live, owned, rule }: KeyedList): readonly FieldChange[] {
  const liveByKey = new Map(live.map((element) => [elementKey(element, rule), element]));
  const ownedByKey = new Map(ownedElements(owned).map((element) => [elementKey(element.keys, rule), element.owned]));
  const changes = declared.flatMap((element) => {
    const key = elementKey(element, rule);
    const place = { path: elementPath(path, key), rules };
    return compareField(place, element, liveByKey.get(key), ownedByKey.get(key));
  });
  for (const element of declared) ownedByKey.delete(elementKey(element, rule));
  for (const [key, node] of ownedByKey) {
    changes.push(...removals({ path: elementPath(path, key), rules }, liveByKey.get(key), node));
  }
  return changes;
}

/** What we own and declare no longer: the next apply takes it away. */
function removals(place: Place, live: unknown, owned: OwnedFields | undefined): readonly FieldChange[] {
  if (live === undefined || owned === undefined) return [];
  if (isOwnedWhole(owned)) return [change(place.path, live, undefined)];
  if (isFields(live)) return compareFields(place, {}, live, owned);
  const rule = place.rules[place.path];
  return rule?.type === "keyed" && Array.isArray(live)
    ? compareElements(place, { declared: [], live, owned, rule })
    : [];
}
