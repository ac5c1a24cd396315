import type { Command } from "commander";
import { collect } from "./collect.ts";

/** Clusters in place of what is declared, as commander has parsed them. */
export interface GivenOptions {
  readonly context?: readonly string[];
  /** `cluster1=manifests/cluster1`, or a folder or file alone. */
  readonly dir?: readonly string[];
  /** What dumps do not hold does not exist. */
  readonly complete?: boolean;
}

/** The options by which a command looks at clusters that no declaration names. */
export function addGivenClusters(command: Command): Command {
  return command
    .option("--context <name>", "a context in place of what is declared (repeat it)", collect)
    .option("--dir <cluster=path>", "manifests, or a dump in any form, likewise; - is stdin (repeat it)", collect)
    .option("--complete", "what a dump does not hold does not exist");
}
