export { compareWire } from "./compareWire.ts";
export { type ParsedPathTests, parsePathTests, testKindNamed } from "./parsePathTests.ts";
export {
  type PathTest,
  type PathTestExample,
  type PathTestResult,
  type PathTestVerdict,
  type PathTestWire,
  verdictOfResults,
  type WireDifference,
} from "./pathTest.ts";
export { requestsOf, runPathTest } from "./runPathTest.ts";
export { kindSchemaFiles } from "./schemaFiles.ts";
