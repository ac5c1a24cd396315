import { isReady, type KubeObject } from "@isthmus/core";
import type { IstiodEvidence } from "@isthmus/core/doctor";
import { istiodPods } from "../istiod/istiodPods.ts";
import { readSyncs } from "../istiod/readSyncs.ts";
import type { Reach } from "../reach.ts";

export interface IstiodQuestion {
  readonly cluster: string;
  readonly istioNamespace: string;
  readonly objects: readonly KubeObject[];
  readonly reach: Reach | undefined;
  readonly signal?: AbortSignal;
}

/** Whether istiod runs, and which proxies are connected to it. */
export async function readIstiod({ cluster, reach, ...question }: IstiodQuestion): Promise<IstiodEvidence> {
  // Manifests tell what should run, and not whether it does.
  if (reach === undefined) return { cluster, proxies: { unseen: `${cluster} is a directory` } };
  const pods = istiodPods(question.objects, question.istioNamespace);
  const counts = { cluster, pods: pods.length, ready: pods.filter(isReady).length };
  const found = await readSyncs({ ...question, reach });
  if (!("sends" in found)) return { ...counts, proxies: found };
  return {
    ...counts,
    proxies: found.sends.map(({ proxy, resources }) => ({
      proxy,
      unacknowledged: [...resources].flatMap(([type, { sent, acked }]) =>
        sent === acked || sent === "" ? [] : [type.slice(type.lastIndexOf(".") + 1)],
      ),
    })),
  };
}
