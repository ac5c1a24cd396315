import { isPartial, type Observed, type Problem, say, usage } from "@isthmus/core";
import { askedBy, idleWord, type PathWords, type Reachability, reachability } from "@isthmus/core/reachability";
import { traceWorld } from "@isthmus/core/trace";
import { type ObserveOptions, observe } from "../observe/observe.ts";
import type { DeclaredMesh } from "./planMesh.ts";

/**
 * Who reaches what in the clusters as they are. Writes nothing; throws the reason of an aborted `signal`, and USAGE where a word
 * names nothing in clusters that all were read.
 */
export async function meshReachability(
  { intents, targets, problems: before = [] }: DeclaredMesh,
  words: PathWords,
  options: ObserveOptions,
): Promise<{ readonly reach: Reachability; readonly observed: Observed; readonly problems: readonly Problem[] }> {
  const { observed, problems: unread } = await observe(targets, options);
  const problems = [...before, ...unread];
  const world = traceWorld(observed, intents);
  const idle = isPartial(problems) ? undefined : idleWord(world, words);
  if (idle !== undefined) {
    const { option, word, meant } = idle;
    throw usage(
      say`--${{ option }} ${{ word }}: no ${{ what: whatOf[option] }} has this name`,
      meant === undefined ? "`isthmus paths` without it shows what there is." : `did you mean ${meant}?`,
    );
  }
  return { reach: reachability(world, askedBy(words)), observed, problems };
}

const whatOf = { from: "caller", to: "host", namespace: "namespace" } as const;
