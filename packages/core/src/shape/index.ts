export { kindShapes } from "./__generated__/kindShapes.ts";
export { metadataShape } from "./metadataShape.ts";
export {
  malformedProblem,
  missingKind,
  type ReadObject,
  readObject,
  showUnreadable,
  type UnreadableObject,
  unreadableOf,
} from "./readObject.ts";
export { readShape } from "./readShape.ts";
export { boolean, type FieldsShape, fields, list, type Shape, text, words } from "./shape.ts";
export { type Fields, fieldsOf, isFields, listOf } from "./unknownFields.ts";
