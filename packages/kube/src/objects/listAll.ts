import { isOurs, type KindEntry, type KubeObject } from "@isthmus/core";
import { fields, list, readObject, text, type UnreadableObject, words } from "@isthmus/core/shape";
import { AnswerTooLarge, type Session } from "../http/session.ts";
import type { Listed, ListOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";
import { withoutManagedFields } from "./withoutManagedFields.ts";

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

const usualPage = 500;

/** No cluster has more of a kind. */
const mostObjects = 500_000;

/** By how much smaller pages are where one was too large: objects may have up to a megabyte each. */
const smaller = 25;

/**
 * All pages. Their continue token lives about five minutes: where it expired on the way, all is read once more, as it is in smaller
 * pages where one was too large.
 */
export async function listAll(session: Session, kind: KindEntry, options: ListOptions): Promise<Listed> {
  try {
    return await readPages(session, kind, options);
  } catch (failure) {
    const { pageSize = usualPage } = options;
    if (failure instanceof AnswerTooLarge && pageSize > smaller) {
      return readPages(session, kind, { ...options, pageSize: Math.floor(pageSize / smaller) });
    }
    if (!(failure instanceof KubeError) || failure.status !== 410) throw failure;
    return readPages(session, kind, options);
  }
}

async function readPages(session: Session, kind: KindEntry, options: ListOptions): Promise<Listed> {
  const { namespace, labelSelector, fieldSelector, pageSize = usualPage, signal } = options;
  const { keepManagedFields = isOurs, slim = (object) => object, room } = options;
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
      if (read.unreadable === undefined) objects.push(slim(withoutManagedFields(read.object, keepManagedFields)));
      else unreadable.push(read.unreadable);
      if (room !== undefined) room.left -= JSON.stringify(read.unreadable ?? objects.at(-1)).length;
      if (room !== undefined && room.left < 0) throw session.malformed(request.call, "more than fits into memory");
    }
    const { continue: further } = page.metadata;
    if (further !== undefined && further !== "" && (further === next || pages * pageSize >= mostObjects)) {
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
