import type { Problem } from "../problem.ts";
import type { CheckCategory } from "./check.ts";

export const checkStatuses = ["ok", "warning", "failed", "skipped"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** One line of `isthmus check`: a check of one cluster, or of the mesh as a whole, and the problem where it found one. */
export interface CheckRow extends Partial<Omit<Problem, "message">> {
  readonly category: CheckCategory;
  readonly check: string;
  /** Absent for the mesh as a whole. */
  readonly cluster?: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found, what is wrong, or why it was skipped. */
  readonly message: string;
  /** Where the code is explained: `docs/problems.md#gateway_unreachable`. */
  readonly docs?: string;
}
