import { isDeepStrictEqual } from "node:util";
import type { KindEntry, KubeObject } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { Applied, ApplyOptions } from "../kubeClient.ts";
import { KubeError } from "../kubeError.ts";
import { getObject, objectShape, readOne } from "./getObject.ts";
import { metadataOnlyType, partialObject } from "./partialObject.ts";
import { resourceName, resourcePath } from "./resourcePath.ts";

export interface ManagedApplyOptions extends ApplyOptions {
  readonly fieldManager: string;
}

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
export async function applyObject(
  session: Session,
  kind: KindEntry,
  object: KubeObject,
  options: ManagedApplyOptions,
): Promise<Applied> {
  let isRepeated = false;
  try {
    return await send(session, kind, object, options, () => {
      isRepeated = true;
    });
  } catch (failure) {
    const { resourceVersion } = object.metadata;
    const isOwnDoing =
      isRepeated && resourceVersion !== undefined && failure instanceof KubeError && failure.status === 409;
    const done = isOwnDoing ? await alreadyApplied(session, kind, object, options) : undefined;
    if (done === undefined) throw failure;
    return { object: done, created: false };
  }
}

async function send(
  session: Session,
  kind: KindEntry,
  object: KubeObject,
  options: ManagedApplyOptions,
  onRepeat: () => void,
): Promise<Applied> {
  const { name, namespace, managedFields: _unwanted, ...metadata } = object.metadata;
  const { status, value } = await session.json(
    {
      call: {
        verb: "patch",
        resource:
          options.subresource === undefined ? resourceName(kind) : `${resourceName(kind)}/${options.subresource}`,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      },
      method: "PATCH",
      path: resourcePath(
        kind,
        namespace,
        name,
        {
          fieldManager: options.fieldManager,
          fieldValidation: "Strict",
          force: options.force === true ? true : undefined,
          dryRun: options.dryRun === true ? "All" : undefined,
        },
        options.subresource,
      ),
      // JSON is YAML.
      contentType: "application/apply-patch+yaml",
      ...(options.metadataOnly === true ? { accept: metadataOnlyType } : {}),
      body: JSON.stringify({
        ...object,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
      }),
      signal: options.signal,
    },
    objectShape,
    onRepeat,
  );
  return {
    object:
      options.metadataOnly === true
        ? partialObject(kind, value as unknown as KubeObject)
        : readOne(session, kind, value),
    created: status === 201,
  };
}

/**
 * The first try's answer was lost and the second one met another version: was that version made by the first?
 * It was, if applying the same to it changes nothing.
 */
async function alreadyApplied(
  session: Session,
  kind: KindEntry,
  object: KubeObject,
  options: ManagedApplyOptions,
): Promise<KubeObject | undefined> {
  const live = await getObject(session, kind, object.metadata.name, object.metadata.namespace, options);
  const resourceVersion = live?.metadata.resourceVersion;
  if (live === undefined || resourceVersion === undefined) return undefined;
  const sameButVersion = { ...object, metadata: { ...object.metadata, resourceVersion } };
  const { object: again } = await send(session, kind, sameButVersion, { ...options, dryRun: true }, () => {});
  // A dry run shows the version that it began with, whether or not it changed something.
  return isDeepStrictEqual(again, live) ? live : undefined;
}
