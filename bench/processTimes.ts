import { spawnSync } from "node:child_process";
import { middle } from "./median.ts";

export interface ProcessTimes {
  readonly command: string;
  readonly median: number;
  /** Against a Node process that does nothing, in turn with it. */
  readonly ratio: number;
}

/** Times whole runs of the bundle against an empty script, A B A B … */
export function processTimes(bundle: string, args: readonly string[]): ProcessTimes {
  const ours: number[] = [];
  const empty: number[] = [];
  for (let run = 0; run < 15; run++) {
    ours.push(timed([bundle, ...args]));
    empty.push(timed(["-e", "0"]));
  }
  return {
    command: `isthmus ${args.join(" ")}`,
    median: Math.round(middle(ours)),
    ratio: Number((middle(ours) / middle(empty)).toFixed(2)),
  };
}

function timed(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - start;
}
