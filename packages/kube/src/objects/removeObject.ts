import type { KindEntry } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { RemoveOptions } from "../kubeClient.ts";
import { isAbsent } from "./getObject.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

export async function removeObject(
  session: Session,
  kind: KindEntry,
  name: string,
  namespace: string | undefined,
  options: RemoveOptions,
): Promise<boolean> {
  const { preconditions, dryRun, signal } = options;
  let isRepeated = false;
  try {
    await session.send(
      {
        call: {
          verb: "delete",
          resource: resourceName(kind),
          name,
          ...(namespace === undefined ? {} : { namespace }),
        },
        method: "DELETE",
        path: resourcePath(kind, namespace, name),
        contentType: "application/json",
        body: JSON.stringify({
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: "Background",
          // Not in the query: with a body the API server does not read it, and deletes.
          ...(dryRun === true ? { dryRun: ["All"] } : {}),
          ...(preconditions === undefined ? {} : { preconditions }),
        }),
        once: preconditions === undefined,
        signal,
      },
      () => {
        isRepeated = true;
      },
    );
    return true;
  } catch (failure) {
    // Gone at the second try: the first one, whose answer was lost, removed it.
    if (isAbsent(failure)) return isRepeated;
    throw failure;
  }
}
