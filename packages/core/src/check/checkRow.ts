import type { ProblemCode } from "../problem.ts";
import type { CheckCategory } from "./check.ts";

export const checkStatuses = ["ok", "warning", "failed", "skipped"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** One line of `isthmus check`: a check of one cluster, or of the mesh as a whole, and what it found. */
export interface CheckRow {
  readonly category: CheckCategory;
  readonly check: string;
  /** Absent for the mesh as a whole. */
  readonly cluster?: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found, what is wrong, or why it was skipped. */
  readonly message: string;
  /** The rest only where something is wrong. */
  readonly code?: ProblemCode;
  readonly at?: string;
  readonly hint?: string;
  /** Where the code is explained: `docs/problems.md#gateway_unreachable`. */
  readonly docs?: string;
}
