import { declaredKindEntry, groupOf, type Kind, type KubeObject, kindEntry, kinds } from "@isthmus/core";
import { createKubeClient, type KubeClient } from "@isthmus/kube";
import {
  type FakeApiServer,
  meshCluster,
  namespace,
  observedCluster,
  pod,
  service,
  sharedService,
  startFakeApiServer,
} from "@isthmus/testkit";
import { pino } from "pino";
import { expect, onTestFinished } from "vitest";
import { type ControllerOptions, runController } from "../controller.ts";
import { eventKind } from "../hub/hubKinds.ts";
import { conditionsIn } from "../status/conditions.ts";

/** A management cluster and two members in memory: sleep in cluster1, httpbin in cluster2, and nothing declared but the clusters. */
export async function controlledMesh() {
  const hub = await startFakeApiServer({ kinds: [...kinds.map(declaredKindEntry), eventKind] });
  const member = async (name: string, address: string, objects: readonly KubeObject[]) => {
    const server = await startFakeApiServer();
    server.seed(observedCluster(name, address, objects).objects);
    hub.seed([kubeconfigSecret(name, server.url), declared(meshCluster(name, secretAccess(name)))]);
    return server;
  };
  hub.seed([namespace("isthmus-system", {})]);
  const cluster1 = await member("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep"), gateway()]);
  const cluster2 = await member("cluster2", "192.0.2.2", [
    namespace("bar"),
    service("bar/httpbin"),
    pod("bar/httpbin"),
    gateway(),
  ]);
  onTestFinished(() => Promise.all([hub, cluster1, cluster2].map((server) => server.stop())).then(() => {}));
  return { hub, cluster1, cluster2 };
}

/** A pod of a gateway, in which nothing but a proxy runs. */
export function gateway(name = "gateway", istio = "ingressgateway"): KubeObject {
  const { spec, ...made } = pod(`istio-system/${name}`);
  const metadata = { ...made.metadata, labels: { istio } };
  return { ...made, metadata, spec: { ...spec, containers: [{ name: "istio-proxy" }] } } as KubeObject;
}

function secretAccess(name: string) {
  return { access: { kubeconfig: { secretRef: { name, namespace: "isthmus-system" } } } };
}

export function kubeconfigSecret(name: string, server: string, token?: string): KubeObject {
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: token === undefined ? {} : { token } }],
  };
  const kubeconfig = Buffer.from(JSON.stringify(config)).toString("base64");
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "isthmus-system" }, data: { kubeconfig } };
}

/** As the API server would have it: only what was written. */
export function declared(intent: {
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
}): KubeObject {
  return JSON.parse(JSON.stringify({ apiVersion: "isthmus.io/v1alpha1", ...intent }));
}

export const httpbin = () => declared(sharedService("bar/httpbin"));

function client(server: FakeApiServer): KubeClient {
  return createKubeClient(
    { name: "hub", server: server.url, user: {} },
    { retry: { attempts: 2, firstPause: 1, longestPause: 5 } },
  );
}

/** A controller of the mesh, until it is stopped or the test ends. */
export function startController(hub: FakeApiServer, options: Partial<ControllerOptions> = {}) {
  const stopping = new AbortController();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const running = runController(
    {
      ...{ hub: client(hub), leaseClient: client(hub), namespace: "isthmus-system", identity: "one", log },
      ...options,
      timing: {
        ...{ lease: 3_000, leaseInterval: 100, credentials: 100, firstPause: 20, longestPause: 200 },
        ...{ toShow: 300, settle: 0 },
        ...options.timing,
      },
    },
    stopping.signal,
  );
  const stop = async () => {
    stopping.abort(new Error("the test is over"));
    await running;
  };
  running.catch(() => {});
  onTestFinished(stop);
  return { stop, running, lines };
}

/** The conditions of a declaration, `Ready: True (Ready)`. */
export function conditionsOf(hub: FakeApiServer, resource: string, name: string): readonly string[] {
  const found = hub.stored(`${resource}.isthmus.io`).find(({ metadata }) => metadata.name === name);
  return conditionsIn(found?.status).map(({ type, status, reason }) => `${type}: ${status} (${reason})`);
}

/** The message of a shared service's condition. */
export function messageOf(hub: FakeApiServer, name: string, type: string): string {
  const found = hub.stored("sharedservices.isthmus.io").find(({ metadata }) => metadata.name === name);
  return conditionsIn(found?.status).find((condition) => condition.type === type)?.message ?? "";
}

/** Until the shared service is ready. */
export async function isReady(hub: FakeApiServer, name = "httpbin"): Promise<void> {
  await expect
    .poll(() => conditionsOf(hub, "sharedservices", name), { timeout: 10_000 })
    .toEqual([
      "Accepted: True (Accepted)",
      "Applied: True (InSync)",
      "PathProven: True (Proven)",
      "Ready: True (Ready)",
    ]);
}

/** `create ServiceEntry foo/…` of what is ours in a cluster. */
export function ours(server: FakeApiServer): readonly string[] {
  const resources = ["serviceentries", "destinationrules", "gateways", "virtualservices", "workloadentries"];
  return resources
    .flatMap((resource) => server.stored(`${resource}.networking.istio.io`))
    .filter(
      ({ metadata }) =>
        (metadata.labels as Record<string, string> | undefined)?.["app.kubernetes.io/managed-by"] === "isthmus",
    )
    .map(({ kind, metadata }) => `${String(kind)} ${String(metadata.namespace)}/${metadata.name}`);
}

/** What `kubectl get events` would show. */
export function eventsOf(hub: FakeApiServer): readonly string[] {
  return hub.stored("events.events.k8s.io").map(({ reason, note }) => `${String(reason)}: ${String(note)}`);
}

/** As kubectl deletes: what has a finalizer stays for now. */
export async function remove(server: FakeApiServer, object: KubeObject): Promise<void> {
  const kind = kindEntry(groupOf(object.apiVersion), object.kind) ?? declaredKindEntry(object.kind as Kind);
  await using api = closing(client(server));
  await api.remove(kind, object.metadata.name, object.metadata.namespace);
}

/** As isthmus itself writes. */
export async function apply(server: FakeApiServer, { apiVersion, kind, metadata, spec }: KubeObject): Promise<void> {
  const entry = kindEntry(groupOf(apiVersion), kind);
  if (entry === undefined) throw new Error(`isthmus does not write ${kind}`);
  const { name, namespace: within, labels = {} } = metadata;
  await using api = closing(client(server));
  await api.apply(entry, {
    ...{ apiVersion, kind, spec },
    metadata: { name, ...(within !== undefined && { namespace: within }), labels },
  });
}

function closing(api: KubeClient): KubeClient & AsyncDisposable {
  return Object.assign(api, { [Symbol.asyncDispose]: () => api.close() });
}
