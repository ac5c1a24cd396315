import { isOurs, type KindEntry, type KubeObject } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { Listed, ListOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

interface Page {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly Omit<KubeObject, "apiVersion" | "kind">[] | null;
}

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
  let next: string | undefined;
  for (;;) {
    const { body } = await session.send({
      call: { verb: "list", resource: resourceName(kind), ...(namespace === undefined ? {} : { namespace }) },
      method: "GET",
      path: resourcePath(kind, namespace, undefined, { labelSelector, fieldSelector, limit: pageSize, continue: next }),
      signal,
    });
    const page: Page = JSON.parse(body);
    for (const item of page.items ?? []) objects.push(complete(kind, item, keepManagedFields));
    next = page.metadata.continue;
    // All pages show the state of the first, and its version.
    if (next === undefined || next === "") return { objects, resourceVersion: page.metadata.resourceVersion };
  }
}

/** Items of a list lack apiVersion and kind for built-in kinds. managedFields are most of an object's bytes. */
function complete(
  kind: KindEntry,
  item: Omit<KubeObject, "apiVersion" | "kind">,
  keepManagedFields: (object: KubeObject) => boolean,
): KubeObject {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const object: KubeObject = { ...item, apiVersion, kind: kind.kind };
  if (object.metadata.managedFields === undefined || keepManagedFields(object)) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
