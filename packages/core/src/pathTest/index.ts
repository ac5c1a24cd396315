export { type ParsedPathTests, parsePathTests, testKindNamed } from "./parsePathTests.ts";
export {
  type PathTest,
  type PathTestExample,
  type PathTestResult,
  type PathTestVerdict,
  verdictOfResults,
} from "./pathTest.ts";
export { runPathTest } from "./runPathTest.ts";
export { kindSchemaFiles } from "./schemaFiles.ts";
