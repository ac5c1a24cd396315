import {
  type Compiled,
  compile,
  type DeclaredPath,
  type Intents,
  type Observed,
  type Problem,
  type Sources,
  withPositions,
} from "@isthmus/core";
import { type Plan, type PlanOptions, plan } from "@isthmus/core/plan";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import type { Target } from "../target/target.ts";
import { pasteableHints } from "./pasteableHints.ts";

/** What is wanted, and the ways to the clusters. */
export interface DeclaredMesh {
  readonly intents: Intents;
  /** One for each declared cluster, as `openTargets` gives them. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Where each declaration is written, for the places of problems. */
  readonly sources?: Sources;
  /** What was found while the declarations were read. */
  readonly problems?: readonly Problem[];
}

/** What is wanted, what there is, and what leads from one to the other. */
export interface PlannedMesh extends DeclaredMesh {
  readonly observed: Observed;
  readonly compiled: Compiled;
  readonly plan: Plan;
  readonly paths: readonly DeclaredPath[];
  /** Owners whose objects stay as they are, and why. */
  readonly held: ReadonlyMap<string, string>;
  /** What could not be read: clusters, files and objects of them. Among `problems` too, where it is a matter of the plan. */
  readonly unseen: readonly Problem[];
  /** Of all steps, in their order. While there is an error among them, nothing must be applied. */
  readonly problems: readonly Problem[];
}

/** `prune` and not `adopt`, unless set. */
export interface PlanMeshOptions extends Partial<PlanOptions>, ObserveOptions {}

/** Observes, compiles and plans. Writes nothing; throws only the reason of an aborted `signal`. */
export async function planMesh(mesh: DeclaredMesh, options: PlanMeshOptions = {}): Promise<PlannedMesh> {
  const { intents, targets, sources } = mesh;
  const { prune = true, adopt = false } = options;
  const { observed, problems: unseen } = await observe(targets, options);
  const compiled = compile(intents, observed);
  const planned = plan(compiled, observed, { prune, adopt });
  const told = (problems: readonly Problem[]) =>
    pasteableHints(sources === undefined ? problems : withPositions(problems, sources), intents.clusters);
  return {
    ...mesh,
    observed,
    compiled,
    plan: planned.plan,
    paths: compiled.paths,
    held: compiled.held,
    unseen: told(unseen),
    problems: told([...(mesh.problems ?? []), ...unseen, ...compiled.problems, ...planned.problems]),
  };
}
