import { isDeepStrictEqual } from "node:util";
import type { KindEntry } from "@isthmus/core";
import type { ApiCall } from "./apiCall.ts";
import { defaultService, type ServiceAllocator } from "./defaultService.ts";
import { isMap, type JsonObject, listOf, mapOf, type StoredObject, textOf } from "./json.ts";
import { fieldRules } from "./listRules.ts";
import type { ObjectStore, StoreKey } from "./objectStore.ts";
import { resourceOf } from "./servedKinds.ts";
import { serverSideApply } from "./serverSideApply.ts";
import { conflict, notFound, StatusError } from "./statusError.ts";
import { validateObject } from "./validateObject.ts";

export interface ApiState {
  readonly store: ObjectStore;
  readonly allocator: ServiceAllocator;
  /** RFC 3339. */
  readonly time: () => string;
  readonly uid: () => string;
}

export interface ApplyAnswer {
  readonly status: 200 | 201;
  readonly object: JsonObject;
}

export function keyOf(call: ApiCall, name: string): StoreKey {
  return { resource: resourceOf(call.kind), namespace: call.namespace ?? "", name };
}

/** A server-side apply. Throws StatusError. */
export function applyCall(state: ApiState, call: ApiCall, body: string): ApplyAnswer {
  const config = parseObject(body, call);
  const name = call.name ?? "";
  const key = keyOf(call, name);
  const manager = call.query.get("fieldManager");
  if (!manager) throw new StatusError(422, "Invalid", "fieldManager: Required value: is required for apply patch");
  const live = state.store.get(key);
  checkPreconditions(call, mapOf(config.metadata), live);
  if (live === undefined && call.subresource !== undefined) throw notFound(key.resource, name);
  if (live === undefined) checkNamespace(state, call);
  const result = serverSideApply({
    live: live ?? newObject(state, call, name),
    config: call.subresource === undefined ? withoutServersOwn(config) : statusOf(config),
    manager,
    subresource: call.subresource,
    force: call.query.get("force") === "true",
    rules: fieldRules(call.kind.group, call.kind.kind),
    time: state.time(),
  });
  if (result.type === "conflict") throw new StatusError(409, "Conflict", result.message, { causes: result.causes });
  const object = finish(state, call.kind, result.object, live);
  validateObject(call.kind, object);
  const isDryRun = call.query.get("dryRun") === "All";
  if (live !== undefined && isDeleting(live) && addsFinalizer(object, live)) throw finalizerTooLate(call, name);
  if (live !== undefined && isDeepStrictEqual(object, live)) return { status: 200, object: live };
  const status = live === undefined ? 201 : 200;
  if (isDryRun) return { status, object: live === undefined ? withoutVersion(object) : object };
  if (isDeleting(object) && finalizersOf(object).length === 0) {
    state.store.remove(key);
    return { status, object };
  }
  return { status, object: state.store.put(key, object) };
}

/** A JSON patch (RFC 6902) of the operations test and remove, which is all that we send. Throws StatusError. */
export function patchCall(state: ApiState, call: ApiCall, body: string): JsonObject {
  const name = call.name ?? "";
  const key = keyOf(call, name);
  const live = state.store.get(key);
  if (live === undefined) throw notFound(resourceOf(call.kind), name);
  const operations: unknown = JSON.parse(body);
  const object = JSON.parse(JSON.stringify(live));
  for (const raw of listOf(operations)) {
    const { op, path, value } = mapOf(raw);
    const steps = String(path).slice(1).split("/");
    const last = steps.pop() ?? "";
    const parent = steps.reduce((found, step) => found?.[step], object);
    if (op === "test" && !isDeepStrictEqual(parent?.[last], value)) {
      throw new StatusError(422, "Invalid", `the server rejected our request due to an error in our request`);
    }
    if (op === "remove" && Array.isArray(parent)) parent.splice(Number(last), 1);
    else if (op !== "test") throw new StatusError(400, "BadRequest", `the fake has no ${String(op)} of a JSON patch`);
  }
  if (isDeleting(object) && finalizersOf(object).length === 0) {
    state.store.remove(key);
    return object;
  }
  return state.store.put(key, object);
}

function finalizersOf({ metadata }: JsonObject): readonly unknown[] {
  return listOf(mapOf(metadata).finalizers);
}

/** Somebody deleted it, and a finalizer keeps it. */
function isDeleting({ metadata }: JsonObject): boolean {
  return mapOf(metadata).deletionTimestamp !== undefined;
}

function addsFinalizer(object: JsonObject, live: JsonObject): boolean {
  const known = new Set(finalizersOf(live));
  return finalizersOf(object).some((each) => !known.has(each));
}

function finalizerTooLate({ kind }: ApiCall, name: string): StatusError {
  const message = "Forbidden: no new finalizers can be added if the object is being deleted";
  const text = `${kind.kind} "${name}" is invalid: metadata.finalizers: ${message}`;
  const causes = [{ reason: "FieldValueForbidden", message, field: "metadata.finalizers" }];
  return new StatusError(422, "Invalid", text, { name, kind: kind.kind, causes });
}

/** Deletes, or marks as deleted what a finalizer keeps; or throws StatusError. A namespace takes along what is in it. */
export function deleteCall(state: ApiState, call: ApiCall, body: string): JsonObject {
  const name = call.name ?? "";
  const key = keyOf(call, name);
  const resource = resourceOf(call.kind);
  const live = state.store.get(key);
  if (live === undefined) throw notFound(resource, name);
  const options = deleteOptions(call.query, body);
  const { uid, resourceVersion } = options.preconditions;
  if (uid !== undefined && uid !== live.metadata.uid) {
    throw conflict(call.kind.kind, name, `the UID in the precondition (${uid}) does not match the UID in record`);
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(call.kind.kind, name, `the ResourceVersion in the precondition (${resourceVersion}) does not match`);
  }
  if (finalizersOf(live).length > 0) {
    if (options.dryRun || isDeleting(live)) return live;
    const metadata = {
      ...live.metadata,
      deletionTimestamp: state.time(),
      deletionGracePeriodSeconds: 0,
      ...(call.kind.group === "" ? {} : { generation: Number(live.metadata.generation ?? 1) + 1 }),
    };
    return state.store.put(key, { ...live, metadata });
  }
  if (!options.dryRun) state.store.remove(key);
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details: { name, kind: resource } };
}

/** With a body the query is not read, in kube-apiserver neither. */
export function deleteOptions(
  query: URLSearchParams,
  body: string,
): { readonly dryRun: boolean; readonly preconditions: JsonObject } {
  if (body === "") return { dryRun: query.get("dryRun") === "All", preconditions: {} };
  const options = parseJson(body) ?? {};
  return { dryRun: listOf(options.dryRun).includes("All"), preconditions: mapOf(options.preconditions) };
}

function parseObject(body: string, call: ApiCall): JsonObject {
  const object = parseJson(body);
  const { kind } = call;
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  if (object === undefined || object.kind !== kind.kind || object.apiVersion !== apiVersion) {
    throw new StatusError(400, "BadRequest", `the body is no ${kind.kind} of ${apiVersion}`);
  }
  const { name, namespace } = mapOf(object.metadata);
  if (name !== undefined && name !== call.name) {
    throw new StatusError(400, "BadRequest", "the name of the object does not match the name on the URL");
  }
  if (namespace !== undefined && namespace !== call.namespace) {
    throw new StatusError(
      400,
      "BadRequest",
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  return object;
}

function parseJson(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A version counts only against an object that is there; a uid also against none. As kube-apiserver has it. */
function checkPreconditions(call: ApiCall, wanted: JsonObject, live: StoredObject | undefined): void {
  const resource = resourceOf(call.kind);
  const name = call.name ?? "";
  const { uid, resourceVersion } = wanted;
  if (live === undefined) {
    if (uid === undefined) return;
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
  if (uid !== undefined && uid !== live.metadata.uid) {
    const message = `Invalid value: "${uid}": field is immutable`;
    const causes = [{ reason: "FieldValueInvalid", message, field: "metadata.uid" }];
    const text = `${call.kind.kind} "${name}" is invalid: metadata.uid: ${message}`;
    throw new StatusError(422, "Invalid", text, { name, kind: call.kind.kind, causes });
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    const why = "the object has been modified; please apply your changes to the latest version and try again";
    throw conflict(resource, name, why);
  }
}

function checkNamespace(state: ApiState, call: ApiCall): void {
  if (!call.kind.namespaced) return;
  const name = call.namespace ?? "";
  if (state.store.get({ resource: "namespaces", namespace: "", name }) === undefined)
    throw notFound("namespaces", name);
}

function newObject(state: ApiState, call: ApiCall, name: string): JsonObject {
  return {
    metadata: {
      name,
      ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
      uid: state.uid(),
      creationTimestamp: state.time(),
    },
  };
}

/** What a client may not set by an apply: status, and metadata that the server keeps. */
function withoutServersOwn(config: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = config;
  const { labels, annotations, finalizers } = mapOf(metadata);
  const own = { labels, annotations, finalizers };
  const given = Object.entries(own).filter(([, value]) => value !== undefined && value !== null);
  return { ...rest, metadata: Object.fromEntries(given) };
}

/** Of what is applied as a status nothing else counts. */
function statusOf({ apiVersion, kind, status }: JsonObject): JsonObject {
  return { apiVersion, kind, ...(status === undefined ? {} : { status }) };
}

function finish(state: ApiState, kind: KindEntry, object: JsonObject, live: StoredObject | undefined): StoredObject {
  const isService = kind.group === "" && kind.kind === "Service";
  const defaulted = isService ? defaultService(object, state.allocator) : object;
  const metadata = mapOf(defaulted.metadata);
  const generation =
    live === undefined ? 1 : Number(live.metadata.generation ?? 1) + (isSameSpec(defaulted, live) ? 0 : 1);
  return {
    ...defaulted,
    metadata: {
      ...metadata,
      name: textOf(metadata.name) ?? "",
      uid: textOf(metadata.uid) ?? "",
      resourceVersion: live?.metadata.resourceVersion ?? "",
      // Built-in kinds of the core group have none.
      ...(kind.group === "" ? {} : { generation }),
    },
  };
}

function isSameSpec(object: JsonObject, live: StoredObject): boolean {
  const { metadata: _m, status: _s, ...rest } = object;
  const { metadata: _lm, status: _ls, ...liveRest } = live;
  return isDeepStrictEqual(rest, liveRest);
}

/** What a dry run would create has no version. */
function withoutVersion({ metadata, ...rest }: StoredObject): JsonObject {
  const { resourceVersion: _none, ...others } = metadata;
  return { ...rest, metadata: others };
}

/** Used when a namespace goes. */
export function removeNamespaceContent(store: ObjectStore, kinds: readonly KindEntry[], namespace: string): void {
  for (const kind of kinds.filter((entry) => entry.namespaced)) {
    const resource = resourceOf(kind);
    for (const { metadata } of store.list(resource, namespace))
      store.remove({ resource, namespace, name: metadata.name });
  }
}
