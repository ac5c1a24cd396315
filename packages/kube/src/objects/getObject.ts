import { type KindEntry, type KubeObject, MeshError } from "@isthmus/core";
import { fields, malformedProblem, metadataShape, readObject, text } from "@isthmus/core/shape";
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
    const request = { call, method: "GET", path, signal: options.signal, ...accept } as const;
    const { value } = await session.json(request, objectShape);
    return options.metadataOnly === true
      ? partialObject(kind, value as unknown as KubeObject)
      : readOne(session, kind, value);
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}

/** What any object has. */
export const objectShape = fields({ kind: text, metadata: { ...metadataShape, required: ["name"] } }, ["metadata"]);

/** The object in the form of its kind. Throws OBJECT_MALFORMED. */
export function readOne({ cluster }: Session, kind: KindEntry, value: Readonly<Record<string, unknown>>): KubeObject {
  const { object, unreadable } = readObject(kind, value);
  if (unreadable === undefined) return object;
  throw new MeshError(malformedProblem(unreadable, { cluster }));
}

/** The object is not there, while its kind is: a kind that is not served is a 404 of another reason. */
export function isAbsent(failure: unknown): boolean {
  return failure instanceof KubeError && failure.status === 404 && failure.isObjectMissing;
}
