import { groupOf, type KindEntry, type KubeObject } from "@isthmus/core";
import { defaultService } from "./defaultService.ts";
import { declaredFields, toFieldsV1 } from "./fieldSet.ts";
import type { JsonObject, StoredObject } from "./json.ts";
import { fieldRules } from "./listRules.ts";
import type { ApiState } from "./objectOperations.ts";
import { resourceOf } from "./servedKinds.ts";

/** Stores an object as `manager` made it by create or update; a namespace that is missing is made. */
export function seedObject(state: ApiState, kinds: readonly KindEntry[], object: KubeObject, manager: string): void {
  const group = groupOf(object.apiVersion);
  const kind = kinds.find((entry) => entry.group === group && entry.kind === object.kind);
  if (kind === undefined) throw new Error(`the fake API server does not serve ${object.kind} of ${object.apiVersion}`);
  const namespace = kind.namespaced ? (object.metadata.namespace ?? "default") : "";
  if (kind.namespaced && state.store.get({ resource: "namespaces", namespace: "", name: namespace }) === undefined) {
    seedObject(state, kinds, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, manager);
  }
  const key = { resource: resourceOf(kind), namespace, name: object.metadata.name };
  const before = state.store.get(key);
  // Through JSON: what is stored is the fake's own, whatever the test does with its object.
  const json: JsonObject = JSON.parse(JSON.stringify(object));
  const defaulted = key.resource === "services" ? defaultService(json, state.allocator) : json;
  const managedFields = [
    {
      manager,
      operation: "Update",
      apiVersion: object.apiVersion,
      time: state.time(),
      fieldsType: "FieldsV1",
      fieldsV1: toFieldsV1(declaredFields(json, fieldRules(kind.group, kind.kind))),
    },
  ];
  const stored: StoredObject = {
    ...defaulted,
    metadata: {
      creationTimestamp: state.time(),
      managedFields,
      ...JSON.parse(JSON.stringify(object.metadata)),
      ...(kind.namespaced ? { namespace } : {}),
      ...(kind.group === "" ? {} : { generation: 1 }),
      uid: before?.metadata.uid ?? object.metadata.uid ?? state.uid(),
    },
  };
  state.store.put(key, stored);
}
