import type { KindEntry, KubeObject } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { ObjectOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { metadataOnlyType, partialObject } from "./partialObject.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

export async function getObject(
  session: Session,
  kind: KindEntry,
  name: string,
  namespace: string | undefined,
  options: ObjectOptions,
): Promise<KubeObject | undefined> {
  const call = {
    verb: "get",
    resource: resourceName(kind),
    name,
    ...(namespace === undefined ? {} : { namespace }),
  } as const;
  try {
    const path = resourcePath(kind, namespace, name);
    const accept = options.metadataOnly === true ? { accept: metadataOnlyType } : {};
    const { body } = await session.send({ call, method: "GET", path, signal: options.signal, ...accept });
    const object: KubeObject = JSON.parse(body);
    return options.metadataOnly === true ? partialObject(kind, object) : object;
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}

/** The object is not there, while its kind is: a kind that is not served is a 404 of another reason. */
export function isAbsent(failure: unknown): boolean {
  return failure instanceof KubeError && failure.status === 404 && failure.isObjectMissing;
}
