import type { ServerResponse } from "node:http";
import type { ApiCall } from "./apiCall.ts";
import type { JsonObject, StoredObject } from "./json.ts";
import { isSelected } from "./listPages.ts";
import type { ObjectStore, StoreEvent } from "./objectStore.ts";
import { resourceOf } from "./servedKinds.ts";
import { StatusError } from "./statusError.ts";

/** A real server sends one about every minute. */
const bookmarkInterval = 500;

/** Streams events from the asked version on until the client leaves or `timeoutSeconds` are over. */
export function watchStream(store: ObjectStore, call: ApiCall, response: ServerResponse): void {
  const { query } = call;
  const resource = resourceOf(call.kind);
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  const send = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
  const forward = (event: StoreEvent) => {
    if (event.resource !== resource) return;
    const type = seenAs(event, call);
    if (type !== undefined) send(type, type === "DELETED" ? deleted(event) : event.object);
  };
  const bookmark = () => send("BOOKMARK", bookmarkObject(call, store.version));

  const since = query.get("resourceVersion") ?? "";
  try {
    if (since === "" || since === "0") {
      for (const object of store.list(resource, call.namespace)) if (isSelected(call, object)) send("ADDED", object);
    } else {
      for (const event of store.eventsSince(Number(since))) forward(event);
    }
  } catch (failure) {
    if (!(failure instanceof StatusError)) throw failure;
    send("ERROR", failure.body);
    response.end();
    return;
  }
  const unsubscribe = store.subscribe(forward);
  const bookmarks = query.get("allowWatchBookmarks") === "true" ? setInterval(bookmark, bookmarkInterval) : undefined;
  const end = setTimeout(() => response.end(), Number(query.get("timeoutSeconds") ?? 1800) * 1000);
  response.on("close", () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(end);
  });
}

/** With a selector an object comes and goes as it begins and ceases to match. */
function seenAs(event: StoreEvent, call: ApiCall): StoreEvent["type"] | undefined {
  const matches = event.type !== "DELETED" && isSelected(call, event.object);
  const matched = event.before !== undefined && isSelected(call, event.before);
  if (matches) return matched ? "MODIFIED" : "ADDED";
  return matched ? "DELETED" : undefined;
}

function deleted(event: StoreEvent): StoredObject {
  const { before = event.object, object } = event;
  return { ...before, metadata: { ...before.metadata, resourceVersion: object.metadata.resourceVersion } };
}

function bookmarkObject(call: ApiCall, version: number): JsonObject {
  const { group, version: apiVersion, kind } = call.kind;
  return {
    kind,
    apiVersion: group === "" ? apiVersion : `${group}/${apiVersion}`,
    metadata: { resourceVersion: String(version) },
  };
}
