import { fieldManager, isOurs, type KubeObject, managedByLabel } from "@isthmus/core";
import fc from "fast-check";
import type { MemoryTarget } from "./memoryTarget.ts";
import { clusterNames } from "./randomObjects.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What somebody else does to one of our objects, chosen by `pick`. */
export interface Drift {
  readonly cluster: (typeof clusterNames)[number];
  readonly pick: number;
  readonly deed: "remove" | "edit" | "label" | "field" | "port";
  /** Which of our fields is edited. */
  readonly leaf: number;
}

export function drifts(): fc.Arbitrary<readonly Drift[]> {
  const drift = fc.record({
    cluster: fc.constantFrom(...clusterNames),
    pick: fc.nat(20),
    deed: fc.constantFrom("remove", "edit", "label", "field", "port"),
    leaf: fc.nat(20),
  });
  return fc.array(drift, { maxLength: 6 });
}

export function driftAway(target: MemoryTarget, drift: Drift): void {
  const ours = target.list().filter(isOurs);
  const object = ours[drift.pick % Math.max(ours.length, 1)];
  if (object === undefined) return;
  if (drift.deed === "remove") target.drop(object);
  else target.put(drifted(object, drift.deed, drift.leaf));
}

function drifted(object: KubeObject, deed: Exclude<Drift["deed"], "remove">, leaf: number): KubeObject {
  switch (deed) {
    case "edit":
      return edited(object, leaf);
    case "label": {
      const labels = { ...object.metadata.labels, theirs: "yes" };
      return { ...object, metadata: { ...object.metadata, labels, annotations: { theirs: "yes" } } };
    }
    case "field":
      return { ...object, spec: { ...(object.spec as Fields), theirs: { added: true } } };
    case "port":
      return withForeignPort(object);
  }
}

function withForeignPort(object: KubeObject): KubeObject {
  const spec: { readonly ports?: unknown } = object.spec ?? {};
  const foreign = { name: "theirs", port: 7000, protocol: "TCP", number: 7000 };
  return Array.isArray(spec.ports) ? { ...object, spec: { ...spec, ports: [...spec.ports, foreign] } } : object;
}

/** As `kubectl edit` does it: the field is ours no longer. */
function edited(object: KubeObject, leaf: number): KubeObject {
  const entry = object.metadata.managedFields?.find(({ manager }) => manager === fieldManager);
  const leaves = leavesOf(entry?.fieldsV1 ?? {}).filter((path) => !path.includes(`f:${managedByLabel}`));
  const path = leaves[leaf % Math.max(leaves.length, 1)];
  if (entry === undefined || path === undefined) return object;
  const { metadata, spec } = editValue({ metadata: { labels: object.metadata.labels }, spec: object.spec }, path) as {
    metadata: Fields;
    spec: unknown;
  };
  const managedFields = [{ ...entry, fieldsV1: withoutNode(entry.fieldsV1 ?? {}, path) }];
  return { ...object, metadata: { ...object.metadata, ...metadata, managedFields }, spec };
}

/** Paths of steps to each value that is owned as a whole; of a list's element not the fields that identify it. */
function leavesOf(node: Fields): readonly (readonly string[])[] {
  return Object.entries(node).flatMap(([step, below]) => {
    if (step === ".") return [];
    const inner = step.startsWith("k:") ? withoutKeys(below as Fields, step) : (below as Fields);
    if (Object.keys(inner).length === 0) return step.startsWith("k:") ? [] : [[step]];
    return leavesOf(inner).map((path) => [step, ...path]);
  });
}

function withoutKeys(node: Fields, step: string): Fields {
  const keys = Object.keys(JSON.parse(step.slice(2)));
  return Object.fromEntries(Object.entries(node).filter(([field]) => !keys.includes(field.slice(2))));
}

function withoutNode(node: Fields, [step = "", ...rest]: readonly string[]): Fields {
  const { [step]: below, ...others } = node;
  return rest.length === 0 ? others : { ...others, [step]: withoutNode(below as Fields, rest) };
}

function editValue(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return otherValue(value);
  if (step.startsWith("k:") && Array.isArray(value)) {
    const keys = Object.entries(JSON.parse(step.slice(2)));
    const isIt = (element: Fields) => keys.every(([key, wanted]) => (element[key] ?? wanted) === wanted);
    return value.map((element) => (isIt(element) ? editValue(element, rest) : element));
  }
  const fields = value as Fields;
  const name = step.slice(2);
  return { ...fields, [name]: editValue(fields[name], rest) };
}

function otherValue(value: unknown): unknown {
  if (typeof value === "string") return `${value}-edited`;
  if (typeof value === "number") return value + 10;
  if (Array.isArray(value)) return [...value, value[0] ?? "edited"];
  return typeof value === "object" ? { ...value, edited: "yes" } : "edited";
}
