import type { Place, Sentence, Words } from "../../findings/index.ts";
import type { Problem, ProblemCode } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";

/** What was said, and which owners have to wait for it. */
export interface Told {
  readonly problems: readonly Problem[];
  readonly held: ReadonlyMap<string, string>;
}

/** Collects problems, each once however many declarations meet it, and the owners that have to wait for their end. */
export class Report implements Told {
  // Made when there is something to say: each import has reports of its own, and nearly all of them stay empty.
  #problems: Map<string, Problem> | undefined;
  #held: Map<string, string> | undefined;

  /** An error or a pending problem holds `owner`, where one is given; a warning does not. */
  add(owner: string | undefined, code: ProblemCode, at: Place, message: Sentence, hint: Words): void {
    const problem = makeProblem({ code, at, message, hint });
    this.#keep(problem);
    if (owner !== undefined && problem.severity !== "warning") this.hold(owner, problem.message);
  }

  /** The first reason stays. */
  hold(owner: string, reason: string): void {
    this.#held ??= new Map();
    if (!this.#held.has(owner)) this.#held.set(owner, reason);
  }

  /** Adds what was said elsewhere, as it was said. */
  take({ problems, held }: Told): void {
    for (const problem of problems) this.#keep(problem);
    for (const [owner, reason] of held) this.hold(owner, reason);
  }

  #keep(problem: Problem): void {
    this.#problems ??= new Map();
    this.#problems.set(JSON.stringify([problem.code, problem.at, problem.message]), problem);
  }

  get held(): ReadonlyMap<string, string> {
    return this.#held ?? nobody;
  }

  /** Sorted by place, code and message, so that the order of the input does not show. */
  get problems(): readonly Problem[] {
    if (this.#problems === undefined) return nothing;
    return [...this.#problems.entries()]
      .map(([key, problem]) => ({ key: `${problem.at}\n${key}`, problem }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ problem }) => problem);
  }
}

const nobody: ReadonlyMap<string, string> = new Map();
const nothing: readonly Problem[] = [];
