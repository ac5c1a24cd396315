import { isOurs, type KindEntry, type KubeObject } from "@isthmus/core";
import { fields, list, readObject, text, type UnreadableObject, words } from "@isthmus/core/shape";
import type { Session } from "../http/session.ts";
import type { Listed, ListOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

interface Page {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

/** API servers say `items: []` where there are none: what lacks them is not an answer, and not an empty cluster. */
const pageShape = (kind: KindEntry) =>
  fields(
    {
      kind: words(`${kind.kind}List`),
      metadata: fields({ resourceVersion: text, continue: text }),
      items: list(fields({ kind: words(kind.kind), metadata: fields({}) }, ["metadata"])),
    },
    ["kind", "metadata", "items"],
  );

/** Of 500 objects each, half a million: no cluster has more of a kind. */
const mostPages = 1000;

/** All pages. Their continue token lives about five minutes: where it expired on the way, all is read once more. */
export async function listAll(session: Session, kind: KindEntry, options: ListOptions): Promise<Listed> {
  try {
    return await readPages(session, kind, options);
  } catch (failure) {
    if (!(failure instanceof KubeError) || failure.status !== 410) throw failure;
    return readPages(session, kind, options);
  }
}

async function readPages(session: Session, kind: KindEntry, options: ListOptions): Promise<Listed> {
  const { namespace, labelSelector, fieldSelector, pageSize = 500, signal, keepManagedFields = isOurs } = options;
  const objects: KubeObject[] = [];
  const unreadable: UnreadableObject[] = [];
  const shape = pageShape(kind);
  let next: string | undefined;
  for (let pages = 1; ; pages++) {
    const request = {
      call: { verb: "list" as const, resource: resourceName(kind), ...(namespace === undefined ? {} : { namespace }) },
      method: "GET" as const,
      path: resourcePath(kind, namespace, undefined, { labelSelector, fieldSelector, limit: pageSize, continue: next }),
      signal,
    };
    const page = (await session.json(request, shape)).value as unknown as Page;
    for (const item of page.items) {
      const read = readObject(kind, completed(kind, item));
      if (read.unreadable === undefined) objects.push(withoutManagedFields(read.object, keepManagedFields));
      else unreadable.push(read.unreadable);
    }
    const { continue: further } = page.metadata;
    if (further !== undefined && further !== "" && (further === next || pages === mostPages)) {
      throw session.malformed(request.call, `after ${pages} pages it has no end`);
    }
    next = further;
    // All pages show the state of the first, and its version.
    const { resourceVersion = "" } = page.metadata;
    if (next === undefined || next === "") return { objects, unreadable, resourceVersion };
  }
}

/** Items of a list lack apiVersion and kind for built-in kinds. */
function completed(kind: KindEntry, item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  return { ...item, apiVersion, kind: kind.kind };
}

/** They are most of an object's bytes. */
function withoutManagedFields(object: KubeObject, keepManagedFields: (object: KubeObject) => boolean): KubeObject {
  if (object.metadata.managedFields === undefined || keepManagedFields(object)) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
