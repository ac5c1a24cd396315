import { type FilePlace, say, showPath } from "../findings/index.ts";
import { fieldManager, type KubeObject, managedByLabel, type ObjectRef, ownerLabel, showRef } from "../kinds/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { kindShapes } from "./__generated__/kindShapes.ts";
import { metadataShape } from "./metadataShape.ts";
import { readShape, type ShapeFault } from "./readShape.ts";
import { type FieldsShape, fields, map, text } from "./shape.ts";
import { isFields } from "./unknownFields.ts";

/** An object that was read, in the form of its kind; or what can be told of one that is not. */
export type ReadObject =
  | { readonly object: KubeObject; readonly unreadable?: never; readonly faults?: never }
  | { readonly object?: never; readonly unreadable: UnreadableObject; readonly faults: readonly ShapeFault[] };

const anyKind = fields({ apiVersion: text, kind: text, metadata: metadataShape }, ["metadata"]);
const named: FieldsShape = { ...metadataShape, required: ["name"] };

/**
 * The boundary: what a file or an API server holds becomes an object of its kind here, or a finding, and nothing behind it
 * asks again whether a list is one. Of kinds that we do not read only metadata is looked at.
 */
export function readObject({ group, kind }: Pick<ObjectRef, "group" | "kind">, value: unknown): ReadObject {
  const shape = withName(kindShapes[`${group}/${kind}`] ?? anyKind);
  const { value: read, faults } = readShape(shape, value);
  if (faults.length === 0) return { object: withSpec(shape, read as KubeObject) };
  return { unreadable: unreadableOf({ group, kind }, value, showFaults(faults)), faults };
}

const shapesWithName = new WeakMap<FieldsShape, FieldsShape>();

/** An object that is there has a name, and says what it is. */
function withName(shape: FieldsShape): FieldsShape {
  const known = shapesWithName.get(shape);
  if (known !== undefined) return known;
  const complete = {
    ...shape,
    fields: { ...shape.fields, metadata: named },
    required: [...new Set(["apiVersion", "kind", ...shape.required])],
  };
  shapesWithName.set(shape, complete);
  return complete;
}

/** API servers take an object without spec where its kind asks for none: all of it is as the kind's defaults have it. */
function withSpec(shape: FieldsShape, object: KubeObject): KubeObject {
  return object.spec === undefined && shape.fields.spec?.type === "fields" ? { ...object, spec: {} } : object;
}

/** What can be told of an object that does not tell what it does, for this reason. */
export function unreadableOf(
  { group, kind }: Pick<ObjectRef, "group" | "kind">,
  value: unknown,
  fault: string,
): UnreadableObject {
  const metadata = fieldsOf(value, "metadata");
  const [name, namespace] = [textOf(metadata, "name"), textOf(metadata, "namespace")];
  const labels = fieldsOf(metadata, "labels");
  const spec = fieldsOf(value, "spec");
  const owner = textOf(labels, ownerLabel);
  return {
    group,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    fault,
    isOurs: textOf(labels, managedByLabel) === fieldManager,
    ...(owner === undefined ? {} : { owner }),
    hosts: hostsOf(spec),
    selector: selectorOf(spec),
    addresses: [spec.addresses, spec.clusterIP, fieldsOf(value, "status").addresses].flatMap(textsIn),
  };
}

/** Stands for whatever there may be of a kind that a source does not show, for this reason. */
export function missingKind(kind: Pick<ObjectRef, "group" | "kind">, fault: string): UnreadableObject {
  return { ...unreadableOf(kind, {}, fault), isMissing: true };
}

function showFaults([first, ...others]: readonly ShapeFault[]): string {
  if (first === undefined) return "it cannot be read";
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `${first.path.length === 0 ? "it" : showPath(first.path)} ${first.what}${more}`;
}

/** The finding at an object that was left out, in a file or in a cluster. */
export function malformedProblem(
  unreadable: UnreadableObject,
  where: FilePlace | { readonly cluster: string },
): Problem {
  const { kind, namespace, name } = unreadable;
  const shown = showUnreadable(unreadable);
  return makeProblem({
    code: "OBJECT_MALFORMED",
    at: { ...where, kind, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) },
    message: say`${{ object: shown }} is left out, as it is not of its kind's form: ${{ fault: unreadable.fault }}`,
    hint: "Correct the field; until then what may depend on the object cannot be told.",
  });
}

/** `ServiceEntry foo/httpbin`, as far as it is known. */
export function showUnreadable({ kind, namespace, name = "without a name", group }: UnreadableObject): string {
  return showRef({ group, kind, name, ...(namespace === undefined ? {} : { namespace }) });
}

/** The hosts that it is about; undefined where they cannot be read, so that it may be about any. */
function hostsOf(spec: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const all = spec.hosts ?? spec.hostnames ?? (spec.host === undefined ? undefined : [spec.host]);
  if (!Array.isArray(all) || all.length === 0) return undefined;
  return all.every((host) => typeof host === "string") ? all : undefined;
}

/** Of Istio's Gateway and of a Service; what else selects pods can do so in several ways. */
function selectorOf({ selector }: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
  const { value, faults } = readShape(map(text), selector);
  return faults.length === 0 ? (value as Readonly<Record<string, string>>) : undefined;
}

/** Of a text, or of a list of texts or of `{value: text}`. */
function textsIn(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.map((each) => (isFields(each) ? each.value : each)).filter((each) => typeof each === "string");
}

function fieldsOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const field = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isFields(field) ? field : {};
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What can be told of an object that is not of its kind's form: it is there, and nobody knows what it does. */
export interface UnreadableObject {
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
  /** `spec.ports must be a list, found "a"`, for people. */
  readonly fault: string;
  /** No object of its own: it stands for whatever there may be of a kind that a dump does not show. */
  readonly isMissing?: true;
  /** By our label: it is not written and not deleted while it cannot be read. */
  readonly isOurs: boolean;
  /** The declaration that it serves, where its label tells. */
  readonly owner?: string;
  /** What it is about; undefined: any host. */
  readonly hosts: readonly string[] | undefined;
  /** Labels of the pods that it is for; undefined: any. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  /** Addresses that it uses, as far as they can be read: nobody else is given them. */
  readonly addresses: readonly string[];
}
