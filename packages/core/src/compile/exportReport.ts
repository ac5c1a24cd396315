import type { ProblemCode } from "../problem.ts";
import { problemCodes } from "../problem.ts";
import { Report } from "./report.ts";

/**
 * Problems of something that was found in a cluster, not declared. Whoever may export a Service must not be able to stop
 * everybody's apply: what would be an error is a delay, EXPORT_UNUSABLE, for this export alone.
 */
export class ExportReport extends Report {
  readonly #target: Report;
  readonly #place: string;

  /** `place` is what stands in a cluster: `cluster2: ServiceExport bar/httpbin`. */
  constructor(target: Report, place: string) {
    super();
    this.#target = target;
    this.#place = place;
  }

  override add(owner: string | undefined, code: ProblemCode, place: string, message: string, hint: string): void {
    const isError = problemCodes[code].severity === "error";
    // A share of an export has no declaration to point at.
    const shown = place.startsWith("SharedService ") ? this.#place : place;
    this.#target.add(owner, isError ? "EXPORT_UNUSABLE" : code, shown, message, hint);
  }

  override hold(owner: string, reason: string): void {
    this.#target.hold(owner, reason);
  }
}
