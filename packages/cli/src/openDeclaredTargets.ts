import { resolve } from "node:path";
import type { Intents, Sources } from "@isthmus/core";
import { openTargets, type Target } from "@isthmus/engine";
import type { Session } from "./session.ts";

/** A target for each cluster, by the kubeconfig that the command line names. Asks no cluster. */
export function openDeclaredTargets(
  session: Session,
  intents: Pick<Intents, "mesh" | "clusters">,
  sources?: Sources,
): Promise<ReadonlyMap<string, Target>> {
  const { kubeconfig } = session.options;
  return openTargets(intents, {
    ...(sources === undefined ? {} : { sources }),
    cwd: session.io.cwd,
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(session.io.cwd, kubeconfig) }),
  });
}
