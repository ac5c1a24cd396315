export { type OutputKind, outputSchema, outputSchemaFiles, outputVersion } from "./outputSchemas.ts";
