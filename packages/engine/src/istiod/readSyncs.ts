import { isReady, type KubeObject } from "@isthmus/core";
import type { Down, Unseen } from "@isthmus/core/doctor";
import type { Reach } from "../reach.ts";
import { askPod } from "./askPod.ts";
import { istiodPods } from "./istiodPods.ts";

export interface SyncQuestion {
  readonly istioNamespace: string;
  /** Of the cluster; its pods are enough. */
  readonly objects: readonly KubeObject[];
  readonly reach: Reach;
  readonly signal?: AbortSignal;
}

/** What one pod of istiod sent to a proxy that is connected to it, and what the proxy acknowledged, by type. */
export interface ProxySends {
  readonly istiod: string;
  /** `sleep-1.foo` */
  readonly proxy: string;
  /** By type URL: the nonce of the last that was sent, and of the last that was acknowledged; "" for none. */
  readonly resources: ReadonlyMap<string, { readonly sent: string; readonly acked: string }>;
}

export interface Sends {
  readonly sends: readonly ProxySends[];
}

const monitoringPort = 15014;

/**
 * All proxies that are connected to istiod. Several pods of istiod each know some: where one does not answer, that is the
 * answer, since it may have the proxies that the others lack.
 */
export async function readSyncs({
  istioNamespace,
  objects,
  reach,
  signal,
}: SyncQuestion): Promise<Sends | Down | Unseen> {
  const ready = istiodPods(objects, istioNamespace).filter(isReady);
  const answers = await Promise.all(
    ready.map(async ({ metadata: { name: pod } }) => ({
      pod,
      answer: await askPod({
        ...{ reach, namespace: istioNamespace, pod, port: monitoringPort, path: "/debug/syncz" },
        ...(signal === undefined ? {} : { signal }),
      }),
    })),
  );
  const sends: ProxySends[] = [];
  for (const { pod, answer } of answers) {
    if (!("body" in answer)) return answer;
    sends.push(...sendsOf(pod, answer.body));
  }
  return { sends };
}

interface Sync {
  readonly proxy: string;
  readonly resources?: Readonly<Record<string, { readonly sent?: string; readonly acked?: string }>>;
}

/** istio/pilot/pkg/xds/debug.go, SyncStatus */
function sendsOf(istiod: string, body: string): readonly ProxySends[] {
  const parsed: unknown = JSON.parse(body);
  const syncs = Array.isArray(parsed) ? (parsed as readonly Sync[]) : [];
  return syncs.map(({ proxy, resources = {} }) => ({
    istiod,
    proxy,
    resources: new Map(
      Object.entries(resources).map(([type, { sent = "", acked = "" }]) => [type, { sent, acked }] as const),
    ),
  }));
}
