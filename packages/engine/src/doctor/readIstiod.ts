import { type Down, type IstiodEvidence, isReady, type KubeObject, type ProxySync, type Unseen } from "@isthmus/core";
import { istiodPods } from "../istiodPods.ts";
import type { Reach } from "../target/target.ts";
import { askPod } from "./askPod.ts";

export interface IstiodQuestion {
  readonly cluster: string;
  readonly istioNamespace: string;
  readonly objects: readonly KubeObject[];
  readonly reach: Reach | undefined;
  readonly signal?: AbortSignal;
}

const monitoringPort = 15014;

/** Whether istiod runs, and which proxies are connected to it. Several pods of istiod each know some proxies. */
export async function readIstiod(question: IstiodQuestion): Promise<IstiodEvidence> {
  const { cluster, istioNamespace, objects, reach } = question;
  const pods = istiodPods(objects, istioNamespace);
  const ready = pods.filter(isReady);
  const counts = { cluster, pods: pods.length, ready: ready.length };
  if (reach === undefined) return { ...counts, proxies: { unseen: `${cluster} is a directory` } };
  const answers = await Promise.all(
    ready.map(({ metadata }) =>
      askPod({
        reach,
        namespace: istioNamespace,
        pod: metadata.name,
        port: monitoringPort,
        path: "/debug/syncz",
        ...(question.signal ? { signal: question.signal } : {}),
      }),
    ),
  );
  const bodies = answers.flatMap((answer) => ("body" in answer ? [answer.body] : []));
  const failed = answers.find((answer): answer is Down | Unseen => !("body" in answer));
  // One of several that does not answer may have the proxies that the others lack.
  return { ...counts, proxies: failed ?? bodies.flatMap(syncsOf) };
}

interface Sync {
  readonly proxy: string;
  readonly resources?: Readonly<Record<string, { readonly sent?: string; readonly acked?: string }>>;
}

/** istio/pilot/pkg/xds/debug.go, SyncStatus */
function syncsOf(body: string): readonly ProxySync[] {
  const parsed: unknown = JSON.parse(body);
  const syncs = Array.isArray(parsed) ? (parsed as readonly Sync[]) : [];
  return syncs.map(({ proxy, resources = {} }) => ({
    proxy,
    unacknowledged: Object.entries(resources).flatMap(([type, { sent = "", acked = "" }]) =>
      sent === acked || sent === "" ? [] : [type.slice(type.lastIndexOf(".") + 1)],
    ),
  }));
}
