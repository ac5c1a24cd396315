import type { Place, Sentence, Words } from "../../findings/index.ts";
import type { ProblemCode } from "../../problem.ts";
import { problemCodes } from "../../problem.ts";
import { Report } from "./report.ts";

/**
 * Problems of something that was found in a cluster, not declared. Whoever may export a Service must not be able to stop
 * everybody's apply: what would be an error is pending, EXPORT_UNUSABLE, for this export alone.
 */
export class ExportReport extends Report {
  readonly #target: Report;
  readonly #place: Place;

  /** `place` is an object of a cluster. */
  constructor(target: Report, place: Place) {
    super();
    this.#target = target;
    this.#place = place;
  }

  override add(owner: string | undefined, code: ProblemCode, place: Place, message: Sentence, hint: Words): void {
    const isError = problemCodes[code].severity === "error";
    // A service that is only exported has no declaration to point at.
    const shown = place.cluster === undefined && place.kind === "SharedService" ? this.#place : place;
    this.#target.add(owner, isError ? "EXPORT_UNUSABLE" : code, shown, message, hint);
  }

  override hold(owner: string, reason: string): void {
    this.#target.hold(owner, reason);
  }
}
