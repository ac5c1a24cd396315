export { type CheckCategory, checkCategories } from "./check.ts";
export type {
  AnsweredRight,
  CheckedCluster,
  CheckInput,
  GatewayProbe,
  Inspection,
  KeyFile,
  Reading,
  ShownCertificate,
} from "./checkInput.ts";
export { type CheckRow, type CheckStatus, checkStatuses } from "./checkRow.ts";
export { gatewayListener } from "./gatewayListener.ts";
export { runChecks } from "./runChecks.ts";
