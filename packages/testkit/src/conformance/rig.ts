import { randomBytes } from "node:crypto";
import { type KindEntry, type KubeObject, kindEntry } from "@isthmus/core";
import type { ClientOptions, KubeClient } from "@isthmus/kube";

/** What the suite needs of an API server: clients of it. Istio's kinds must be installed. */
export interface ConformanceRig {
  connect(options?: ClientOptions): Promise<KubeClient>;
}

export const kinds = {
  namespace: known("", "Namespace"),
  service: known("", "Service"),
  // Never in the catalog: nothing but the CA's own code writes one, and nobody reads one.
  secret: {
    group: "",
    version: "v1",
    kind: "Secret",
    plural: "secrets",
    namespaced: true,
    read: "optional",
    write: false,
  } as const,
  gateway: known("networking.istio.io", "Gateway"),
  serviceEntry: known("networking.istio.io", "ServiceEntry"),
  destinationRule: known("networking.istio.io", "DestinationRule"),
  workloadEntry: known("networking.istio.io", "WorkloadEntry"),
};

function known(group: string, kind: string): KindEntry {
  const entry = kindEntry(group, kind);
  if (entry === undefined) throw new Error(`the catalog has no ${kind}`);
  return entry;
}

/** A namespace of the test's own, clients of ours and of another manager in it. */
export interface Bench extends AsyncDisposable {
  readonly namespace: string;
  readonly ours: KubeClient;
  readonly theirs: KubeClient;
}

export async function openBench(rig: ConformanceRig): Promise<Bench> {
  const namespace = `conformance-${randomBytes(5).toString("hex")}`;
  const [ours, theirs] = await Promise.all([rig.connect(), rig.connect({ fieldManager: "theirs" })]);
  await theirs.apply(kinds.namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  return {
    namespace,
    ours,
    theirs,
    async [Symbol.asyncDispose]() {
      await theirs.remove(kinds.namespace, namespace, undefined);
      await Promise.all([ours.close(), theirs.close()]);
    },
  };
}

interface Given {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly resourceVersion?: string;
  readonly uid?: string;
}

export function service(namespace: string, spec: object, metadata: Given = {}): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace, ...metadata }, spec };
}

export function serviceEntry(namespace: string, spec: object, metadata: Given = {}): KubeObject {
  return istio("ServiceEntry", namespace, spec, metadata);
}

export function istio(kind: string, namespace: string, spec: object, metadata: Given = {}): KubeObject {
  return { apiVersion: "networking.istio.io/v1", kind, metadata: { name: "web", namespace, ...metadata }, spec };
}

/** The status, reason and fields of the `KubeError` that `call` ends with. */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (failure) {
    const { status, reason, causes } = failure as { status: number; reason: string; causes: { field?: string }[] };
    return { status, reason, fields: causes.map((cause) => cause.field) };
  }
  return "not refused";
}
