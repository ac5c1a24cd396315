import type { ApiCall } from "./apiCall.ts";
import { type JsonObject, mapOf, type StoredObject } from "./json.ts";
import type { ObjectStore } from "./objectStore.ts";
import { matchesFields, matchesSelector } from "./selector.ts";
import { resourceOf } from "./servedKinds.ts";
import { expired, StatusError } from "./statusError.ts";

interface OpenList {
  readonly version: string;
  readonly rest: readonly StoredObject[];
}

/** Lists with `limit` and `continue`: all pages show the state of the first one. */
export class ListPages {
  readonly #open = new Map<string, OpenList>();
  readonly #expired = new Set<string>();
  #count = 0;

  /** Throws a 410 for a token that has expired, a 400 for one that never was. */
  page(store: ObjectStore, call: ApiCall): JsonObject {
    const token = call.query.get("continue");
    const list = token ? this.#resume(token) : { version: String(store.version), rest: select(store, call) };
    const limit = Number(call.query.get("limit") ?? 0);
    const items = limit > 0 ? list.rest.slice(0, limit) : list.rest;
    const rest = list.rest.slice(items.length);
    const { group, version, kind } = call.kind;
    return {
      kind: `${kind}List`,
      apiVersion: group === "" ? version : `${group}/${version}`,
      metadata: { resourceVersion: list.version, ...this.#continue(list.version, rest, call) },
      items: group === "" ? items.map(withoutType) : items,
    };
  }

  /** What etcd's compaction does to tokens that are under way. */
  expire(): void {
    for (const token of this.#open.keys()) this.#expired.add(token);
    this.#open.clear();
  }

  #resume(token: string): OpenList {
    if (this.#expired.has(token)) {
      throw expired("The provided continue parameter is too old to display a consistent list result.");
    }
    const list = this.#open.get(token);
    if (list === undefined) throw new StatusError(400, "BadRequest", "invalid continue token");
    return list;
  }

  #continue(version: string, rest: readonly StoredObject[], call: ApiCall): JsonObject {
    if (rest.length === 0) return {};
    this.#count += 1;
    const token = `page-${this.#count}`;
    this.#open.set(token, { version, rest });
    // With a selector the server does not know how many will match.
    const isSelected = call.query.has("labelSelector") || call.query.has("fieldSelector");
    return { continue: token, ...(isSelected ? {} : { remainingItemCount: rest.length }) };
  }
}

export function isSelected(call: ApiCall, object: StoredObject): boolean {
  const { namespace, query } = call;
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  return (
    matchesSelector(mapOf(object.metadata.labels), query.get("labelSelector") ?? "") &&
    matchesFields(object.metadata, query.get("fieldSelector") ?? "")
  );
}

function select(store: ObjectStore, call: ApiCall): readonly StoredObject[] {
  return store.list(resourceOf(call.kind), call.namespace).filter((object) => isSelected(call, object));
}

/** Items of built-in lists come without apiVersion and kind. */
function withoutType({ apiVersion: _a, kind: _k, ...item }: StoredObject): JsonObject {
  return item;
}
