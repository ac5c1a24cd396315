export { type OutputKind, outputSchemaFiles, outputVersion } from "./outputSchemas.ts";
