import type { KindEntry, KubeObject } from "@isthmus/core";
import { fields, metadataShape, text } from "@isthmus/core/shape";
import { readStatusObject, type StatusObject } from "../http/readStatus.ts";
import type { Session } from "../http/session.ts";
import type { WatchEvent, WatchOptions } from "../kubeClient.ts";
import type { KubeCall } from "../kubeError.ts";
import { readLines } from "./readLines.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

type RawEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: KubeObject }
  | { readonly type: "ERROR"; readonly object: StatusObject };

const eventShape = fields({ type: text, object: fields({ metadata: metadataShape }) }, ["type", "object"]);

/** `longest` (milliseconds) is after which the server ends the watch. */
export async function* watchEvents(
  session: Session,
  kind: KindEntry,
  resourceVersion: string,
  options: WatchOptions,
  longest: number,
): AsyncGenerator<WatchEvent> {
  const { namespace, labelSelector, fieldSelector, signal } = options;
  const call: KubeCall = {
    verb: "watch",
    resource: resourceName(kind),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const body = await session.stream({
    call,
    method: "GET",
    path: resourcePath(kind, namespace, undefined, {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      labelSelector,
      fieldSelector,
      timeoutSeconds: Math.ceil(longest / 1000),
    }),
    signal,
    // A server that is silent for longer than it said it would stay is gone.
    bodyTimeout: longest + 30_000,
  });
  options.onOpen?.();
  try {
    for await (const line of readLines(body))
      yield readEvent(call, session.event(call, eventShape, line) as unknown as RawEvent);
  } catch (failure) {
    signal?.throwIfAborted();
    if (failure instanceof RangeError) throw session.malformed(call, failure.message);
    throw await session.explain(failure);
  }
}

function readEvent(call: KubeCall, event: RawEvent): WatchEvent {
  switch (event.type) {
    case "ERROR":
      throw readStatusObject(call, event.object);
    case "BOOKMARK":
      return { type: "BOOKMARK", resourceVersion: event.object.metadata.resourceVersion ?? "" };
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: event.type, object: event.object };
  }
}
