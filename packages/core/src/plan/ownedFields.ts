import { fieldManager, type KubeObject } from "../kinds/index.ts";

/**
 * A node of FieldsV1: `f:<field>` and `k:<an element's keys as JSON>` lead on, `.` stands for the node itself, and an empty
 * node is a value that is owned as a whole. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export type OwnedFields = Readonly<Record<string, unknown>>;

function child(owned: OwnedFields | undefined, step: string): OwnedFields | undefined {
  const node = owned?.[step];
  return typeof node === "object" && node !== null ? (node as OwnedFields) : undefined;
}

/** The fields of `live` that we applied and nobody took over since; undefined where there are none. */
export function ownedFields(live: KubeObject): OwnedFields | undefined {
  return live.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === fieldManager && operation === "Apply" && (subresource ?? "") === "",
  )?.fieldsV1;
}

export function ownedField(owned: OwnedFields | undefined, field: string): OwnedFields | undefined {
  return child(owned, `f:${field}`);
}

/** Names of the fields below `owned`. */
export function ownedFieldNames(owned: OwnedFields | undefined): readonly string[] {
  return Object.keys(owned ?? {}).flatMap((step) => (step.startsWith("f:") ? [step.slice(2)] : []));
}

export interface OwnedElement {
  /** The values of the element's keys: `{"port": 8000, "protocol": "TCP"}`. */
  readonly keys: unknown;
  readonly owned: OwnedFields;
}

/** The elements below `owned` of a list that is merged by keys. */
export function ownedElements(owned: OwnedFields | undefined): readonly OwnedElement[] {
  return Object.keys(owned ?? {}).flatMap((step) => {
    const node = step.startsWith("k:") ? child(owned, step) : undefined;
    return node === undefined ? [] : [{ keys: JSON.parse(step.slice(2)) as unknown, owned: node }];
  });
}

/** Whether the value itself is owned, not only some fields in it. */
export function isOwnedWhole(owned: OwnedFields): boolean {
  return "." in owned || Object.keys(owned).length === 0;
}
