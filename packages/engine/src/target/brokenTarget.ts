import { MeshError, type Problem } from "@isthmus/core";
import type { Inspection } from "@isthmus/core/check";
import type { Observation, Target } from "./target.ts";

/** A declared cluster that there is no way to: whoever asks it gets the reason, and all other clusters go on. */
export class BrokenTarget implements Target {
  readonly cluster: string;
  readonly source = "live";
  readonly #problem: Problem;

  constructor(cluster: string, problem: Problem) {
    this.cluster = cluster;
    this.#problem = problem;
  }

  observe(): Promise<Observation> {
    return Promise.reject(new MeshError(this.#problem));
  }

  inspect(): Promise<Inspection> {
    return Promise.reject(new MeshError(this.#problem));
  }

  write(): Promise<void> {
    return Promise.reject(new MeshError(this.#problem));
  }

  async close(): Promise<void> {}
}
