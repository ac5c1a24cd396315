import { isOurs, type KubeObject } from "@isthmus/core";

/** They are most of an object's bytes; those of our own objects are kept unless told. */
export function withoutManagedFields(
  object: KubeObject,
  keepManagedFields: (object: KubeObject) => boolean = isOurs,
): KubeObject {
  if (object.metadata.managedFields === undefined || keepManagedFields(object)) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}
