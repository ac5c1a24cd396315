import type { KindEntry } from "@isthmus/core";
import { isMap, type Json, type JsonObject, listOf, mapOf, textOf } from "./json.ts";
import { type StatusCause, StatusError } from "./statusError.ts";

const labelName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** Kinds whose names become DNS labels; all others are subdomains. */
const namedByLabel: ReadonlySet<string> = new Set(["Service", "Namespace"]);

/** Fields without which an object of the kind is refused; `[]` stands for each element of a list that is there. */
const required: Readonly<Record<string, readonly string[]>> = {
  "networking.istio.io/Gateway": [
    "spec.servers[].hosts",
    "spec.servers[].port",
    "spec.servers[].port.number",
    "spec.servers[].port.name",
    "spec.servers[].port.protocol",
  ],
  "networking.istio.io/ServiceEntry": ["spec", "spec.hosts", "spec.ports[].number", "spec.ports[].name"],
  "networking.istio.io/DestinationRule": ["spec.host"],
  "networking.istio.io/WorkloadEntry": ["spec"],
  "/Service": ["spec.ports[].port"],
  "/Pod": ["spec.containers", "spec.containers[].name"],
};

/** Throws a 422 with all its causes. A small part of what kube-apiserver checks: names, labels, required fields. */
export function validateObject(kind: KindEntry, object: JsonObject): void {
  const name = textOf(mapOf(object.metadata).name) ?? "";
  const causes = [
    ...nameCauses(kind, name),
    ...labelCauses(object),
    ...(required[`${kind.group}/${kind.kind}`] ?? []).flatMap((path) => missing(object, path.split("."), "")),
    ...(kind.group === "" && kind.kind === "Service" ? servicePortCauses(object) : []),
  ];
  if (causes.length === 0) return;
  const type = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const list = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(", ")}]`;
  throw new StatusError(422, "Invalid", `${type} "${name}" is invalid: ${text}`, {
    name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

function nameCauses(kind: KindEntry, name: string): StatusCause[] {
  const isLabel = namedByLabel.has(kind.kind);
  const fits = isLabel ? labelName.test(name) && name.length <= 63 : subdomain.test(name) && name.length <= 253;
  if (fits) return [];
  const message = `Invalid value: ${JSON.stringify(name)}: must be a lowercase RFC 1123 ${isLabel ? "label" : "subdomain"}`;
  return [{ reason: "FieldValueInvalid", message, field: "metadata.name" }];
}

function labelCauses(object: JsonObject): StatusCause[] {
  return Object.values(mapOf(mapOf(object.metadata).labels))
    .filter((value) => typeof value !== "string" || value.length > 63 || !labelValue.test(value))
    .map((value) => ({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`,
      field: "metadata.labels",
    }));
}

function missing(value: Json | undefined, path: readonly string[], at: string): StatusCause[] {
  const [head = "", ...rest] = path;
  const name = head.replace("[]", "");
  const field = at === "" ? name : `${at}.${name}`;
  const child = mapOf(value)[name];
  if (head.endsWith("[]")) {
    return listOf(child).flatMap((item, index) => missing(item, rest, `${field}[${index}]`));
  }
  // A parent that is absent is reported as itself, where it is required.
  if (rest.length > 0) return isMap(child) ? missing(child, rest, field) : [];
  return child === undefined ? [{ reason: "FieldValueRequired", message: "Required value", field }] : [];
}

function servicePortCauses(object: JsonObject): StatusCause[] {
  const spec = mapOf(object.spec);
  const ports = listOf(spec.ports);
  const cause = (field: string) => ({ reason: "FieldValueRequired", message: "Required value", field });
  if (ports.length === 0) {
    return spec.type === "ExternalName" || spec.clusterIP === "None" ? [] : [cause("spec.ports")];
  }
  if (ports.length === 1) return [];
  return ports.flatMap((port, index) => (mapOf(port).name === undefined ? [cause(`spec.ports[${index}].name`)] : []));
}
