import { type KubeObject, refOf } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { type KubeClient, KubeError } from "@isthmus/kube";
import { expect, test } from "vitest";
import { writeObject } from "./writeObject.ts";

const desired: KubeObject = { apiVersion: "v1", kind: "Service", metadata: { name: "a", namespace: "foo" }, spec: {} };
const create: Action = {
  verb: "create",
  cluster: "c1",
  ref: refOf(desired),
  owner: "SharedService.foo.a",
  side: "consumer",
  phase: 2,
  desired,
  changes: [],
};

/** A client whose API server answers every apply with this error. */
function refusing(answer: ConstructorParameters<typeof KubeError>[1]): KubeClient {
  const call = { verb: "patch", resource: "services", namespace: "foo", name: "a" } as const;
  return { apply: () => Promise.reject(new KubeError(call, answer)) } as Partial<KubeClient> as KubeClient;
}

test.each([
  [
    "RBAC is ours to ask for",
    {
      status: 403,
      reason: "Forbidden",
      message: 'services "a" is forbidden: User "u" cannot patch resource "services"',
    },
    { code: "CLUSTER_FORBIDDEN" },
  ],
  [
    "an admission plugin refuses the object, not us",
    { status: 403, reason: "Forbidden", message: 'services "a" is forbidden: exceeded quota: q, requested: count=1' },
    { code: "OBJECT_REFUSED", message: expect.stringContaining("exceeded quota") },
  ],
  [
    "so does a webhook, with whatever status it likes",
    { status: 400, reason: "BadRequest", message: 'admission webhook "validation.istio.io" denied the request: bad' },
    { code: "OBJECT_REFUSED", message: expect.stringContaining("validation.istio.io") },
  ],
  [
    "a namespace that is going takes nothing new",
    {
      status: 403,
      reason: "Forbidden",
      message: "x",
      causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }],
    },
    { code: "NAMESPACE_MISSING", message: "namespace foo is being deleted" },
  ],
  [
    "a server in trouble is the cluster's problem",
    { status: 503, reason: "ServiceUnavailable", message: "etcd is down" },
    { code: "CLUSTER_UNREACHABLE" },
  ],
  ["anything else is a failed write", { status: 418, reason: "", message: "teapot" }, { code: "WRITE_FAILED" }],
])("%s", async (_, answer, problem) => {
  await expect(writeObject(refusing(answer), create, {})).rejects.toMatchObject(problem);
});

test("an object that is being deleted is not what a create wants, however equal", async () => {
  const conflict = { status: 409, reason: "Conflict", message: "the object has been modified" };
  const labels = { "app.kubernetes.io/managed-by": "isthmus" };
  const going = { ...desired, metadata: { ...desired.metadata, labels, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const client = { ...refusing(conflict), get: () => Promise.resolve(going) };

  await expect(writeObject(client, create, {})).rejects.toMatchObject({ code: "PLAN_STALE" });
});

/** A client whose object has moved on: its delete is a conflict until the precondition is the present version. */
function moving(live: KubeObject): { readonly client: KubeClient; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const call = { verb: "delete", resource: "gateways", namespace: "foo", name: "a" } as const;
  const client: Partial<KubeClient> = {
    get: () => Promise.resolve(live),
    remove(_kind, _name, _namespace, { preconditions } = {}) {
      asked.push(preconditions);
      if (preconditions?.resourceVersion === live.metadata.resourceVersion) return Promise.resolve(true);
      return Promise.reject(new KubeError(call, { status: 409, reason: "Conflict", message: "it has been modified" }));
    },
  };
  return { client: client as KubeClient, asked };
}

const route: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "a", namespace: "foo", labels: { "app.kubernetes.io/managed-by": "isthmus" } },
};
const { desired: _, ...rest } = create;
const remove: Action = {
  ...rest,
  verb: "delete",
  ref: refOf(route),
  phase: 3,
  live: { uid: "u", resourceVersion: "7", generation: 1 },
};

test("an object of which only the status has changed is deleted at its new version", async () => {
  const { client, asked } = moving({
    ...route,
    metadata: { ...route.metadata, uid: "u", resourceVersion: "9", generation: 1 },
  });

  await writeObject(client, remove, {});

  expect(asked).toEqual([
    { uid: "u", resourceVersion: "7" },
    { uid: "u", resourceVersion: "9" },
  ]);
});

test.each([
  ["whose spec has changed", { uid: "u", generation: 2 }],
  ["that another one has replaced", { uid: "other", generation: 1 }],
])("an object %s is left as it is", async (_name, metadata) => {
  const { client, asked } = moving({ ...route, metadata: { ...route.metadata, resourceVersion: "9", ...metadata } });

  await expect(writeObject(client, remove, {})).rejects.toMatchObject({ code: "PLAN_STALE" });

  expect(asked).toEqual([{ uid: "u", resourceVersion: "7" }]);
});

test("an object that has lost our label is not deleted, even at the version that was planned", async () => {
  const metadata = { ...route.metadata, labels: {}, uid: "u", resourceVersion: "7", generation: 1 };
  const { client, asked } = moving({ ...route, metadata });

  await expect(writeObject(client, remove, {})).rejects.toMatchObject({ code: "OBJECT_NOT_OURS" });

  expect(asked).toEqual([]);
});

test.each([
  ["another name", { name: "b", namespace: "foo", uid: "1" }],
  ["another namespace", { name: "a", namespace: "bar", uid: "1" }],
  ["another object of that name", { name: "a", namespace: "foo", uid: "2" }],
])("an answer about %s is not taken for the write", async (_, metadata) => {
  const apply = () => Promise.resolve({ object: { ...desired, metadata }, created: false });
  const client = { apply } as Partial<KubeClient> as KubeClient;
  const update: Action = { ...create, verb: "update", live: { uid: "1", resourceVersion: "7" } };

  await expect(writeObject(client, update, {})).rejects.toMatchObject({ code: "WRITE_FAILED" });
});
