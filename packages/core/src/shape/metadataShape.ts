import { anything, type FieldsShape, fields, integer, label, list, map, subdomain, text } from "./shape.ts";

/**
 * The part of ObjectMeta that we read. `generateName` alone names an object that is not there yet.
 * k8s.io/apimachinery/pkg/api/validation/objectmeta.go
 */
export const metadataShape: FieldsShape = fields({
  name: subdomain,
  namespace: label,
  labels: map(text),
  annotations: map(text),
  uid: text,
  resourceVersion: text,
  generation: integer(),
  creationTimestamp: text,
  deletionTimestamp: text,
  finalizers: list(text),
  managedFields: list(
    fields({ manager: text, operation: text, subresource: text, time: text, fieldsV1: map(anything) }),
  ),
});
