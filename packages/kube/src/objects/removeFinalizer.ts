import type { KindEntry, KubeObject } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { CallOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { getObject, isAbsent, objectShape } from "./getObject.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

/** Tries before somebody who changes the list as often is let have it. */
const tries = 5;

/** By a JSON patch (RFC 6902) that holds only for this very object, and where the list is as it was seen. */
export async function removeFinalizer(
  session: Session,
  kind: KindEntry,
  { metadata: { name, namespace, uid } }: KubeObject,
  finalizer: string,
  { signal }: CallOptions,
): Promise<boolean> {
  for (let left = tries; ; left -= 1) {
    const found = await getObject(session, kind, name, namespace, { ...(signal && { signal }) });
    const index = found?.metadata.finalizers?.indexOf(finalizer) ?? -1;
    if (found === undefined || index < 0 || (uid !== undefined && found.metadata.uid !== uid)) return false;
    const patch = [
      { op: "test", path: "/metadata/uid", value: found.metadata.uid },
      { op: "test", path: `/metadata/finalizers/${index}`, value: finalizer },
      { op: "remove", path: `/metadata/finalizers/${index}` },
    ];
    try {
      await session.json(
        {
          call: {
            ...{ verb: "patch", resource: resourceName(kind), name },
            ...(namespace === undefined ? {} : { namespace }),
          },
          method: "PATCH",
          path: resourcePath(kind, namespace, name),
          contentType: "application/json-patch+json",
          body: JSON.stringify(patch),
          signal,
        },
        objectShape,
      );
      return true;
    } catch (failure) {
      if (isAbsent(failure)) return false;
      // A test of the patch failed, since the list has changed meanwhile.
      const isMoved = failure instanceof KubeError && (failure.status === 422 || failure.status === 409);
      if (!isMoved || left <= 1) throw failure;
    }
  }
}
