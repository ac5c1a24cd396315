import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import { fieldChanges } from "./fieldChanges.ts";

const labels = { "app.kubernetes.io/managed-by": "isthmus", "isthmus.io/owner": "SharedService.bar.httpbin" };
const ownedLabels = { "f:app.kubernetes.io/managed-by": {}, "f:isthmus.io/owner": {} };

function serviceEntry(spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "httpbin", namespace: "foo", labels },
    spec,
  };
}

function service(spec: Record<string, unknown>): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "httpbin", namespace: "bar", labels }, spec };
}

/** `object` as an API server returns it; `ownedSpec`: FieldsV1 of what we applied in `spec`. */
function live(
  object: KubeObject,
  ownedSpec: Record<string, unknown>,
  metadata: Partial<KubeObject["metadata"]> = {},
): KubeObject {
  const fieldsV1 = { "f:metadata": { "f:labels": ownedLabels }, "f:spec": ownedSpec };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: "5d7c",
      resourceVersion: "17",
      generation: 2,
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [
        { manager: "istiod", operation: "Update", subresource: "status", fieldsV1: { "f:status": {} } },
        { manager: "isthmus", operation: "Apply", fieldsV1 },
      ],
      ...metadata,
    },
    status: { conditions: [] },
  };
}

test("an object that the server defaulted and gave a status has no changes", () => {
  const desired = service({ selector: { app: "x" }, ports: [{ name: "http", port: 8000 }] });
  const defaulted = {
    type: "ClusterIP",
    clusterIP: "10.0.0.7",
    clusterIPs: ["10.0.0.7"],
    selector: { app: "x" },
    ports: [{ name: "http", port: 8000, protocol: "TCP", targetPort: 8000 }],
  };
  const ownedSpec = {
    "f:selector": {},
    "f:ports": { 'k:{"port":8000,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } },
  };

  const changes = fieldChanges(desired, live(service(defaulted), ownedSpec), "live");

  expect(changes).toEqual([]);
});

test("labels, annotations and fields that others added are not changes", () => {
  const desired = serviceEntry({ hosts: ["a.b"] });
  const object = live(
    serviceEntry({ hosts: ["a.b"], resolution: "STATIC" }),
    { "f:hosts": {} },
    {
      labels: { ...labels, team: "shop" },
      annotations: { note: "theirs" },
    },
  );

  const changes = fieldChanges(desired, object, "live");

  expect(changes).toEqual([]);
});

test("an edit of a field of ours is a change at the place in the list where it is", () => {
  const desired = serviceEntry({ endpoints: [{ address: "10.0.0.1" }, { address: "10.0.0.2" }] });
  const edited = serviceEntry({ endpoints: [{ address: "10.0.0.1" }, { address: "10.9.9.9" }] });

  const changes = fieldChanges(desired, live(edited, {}), "live");

  expect(changes).toEqual([{ path: "spec.endpoints[1].address", before: "10.9.9.9", after: "10.0.0.2" }]);
});

test("what is more inside a list of ours is a change: somebody added it, or we declare it no longer", () => {
  const desired = serviceEntry({ endpoints: [{ address: "10.0.0.1" }] });
  const more = serviceEntry({ endpoints: [{ address: "10.0.0.1", weight: 5 }] });
  const change = { path: "spec.endpoints[0].weight", before: 5 };

  expect(fieldChanges(desired, live(more, { "f:endpoints": {} }), "live")).toEqual([change]);
  expect(fieldChanges(desired, live(more, {}), "live")).toEqual([change]);
});

test("the order and the length of a list of ours count", () => {
  const desired = serviceEntry({ addresses: ["240.0.0.1", "240.0.0.2"] });
  const swapped = live(serviceEntry({ addresses: ["240.0.0.2", "240.0.0.1"] }), { "f:addresses": {} });
  const longer = live(serviceEntry({ addresses: ["240.0.0.1", "240.0.0.2", "240.0.0.3"] }), { "f:addresses": {} });

  expect(fieldChanges(desired, swapped, "live")).toEqual([
    { path: "spec.addresses[0]", before: "240.0.0.2", after: "240.0.0.1" },
    { path: "spec.addresses[1]", before: "240.0.0.1", after: "240.0.0.2" },
  ]);
  expect(fieldChanges(desired, longer, "live")).toEqual([{ path: "spec.addresses[2]", before: "240.0.0.3" }]);
});

test("a field that we own and declare no longer is removed, one that another owns stays", () => {
  const desired = serviceEntry({ hosts: ["a.b"] });
  const object = live(serviceEntry({ hosts: ["a.b"], location: "MESH_INTERNAL", resolution: "DNS" }), {
    "f:hosts": {},
    "f:location": {},
  });

  const changes = fieldChanges(desired, object, "live");

  expect(changes).toEqual([{ path: "spec.location", before: "MESH_INTERNAL" }]);
});

test.each([
  ["another manager", { manager: "kubectl", operation: "Apply" }],
  ["an update, not an apply", { manager: "isthmus", operation: "Update" }],
  ["an apply to a subresource", { manager: "isthmus", operation: "Apply", subresource: "status" }],
])("what is owned by %s is not ours to remove", (_what, owner) => {
  const fieldsV1 = { "f:spec": { "f:location": {} } };
  const object = live(serviceEntry({ location: "MESH_INTERNAL" }), {}, { managedFields: [{ ...owner, fieldsV1 }] });

  expect(fieldChanges(serviceEntry({}), object, "live")).toEqual([]);
});

test("of a whole block that is declared no longer only the fields that we own are removed", () => {
  const desired = serviceEntry({ hosts: ["a.b"] });
  const block = { tls: { mode: "ISTIO_MUTUAL", sni: "a" }, connectionPool: { tcp: {} } };
  const object = live(serviceEntry({ hosts: ["a.b"], trafficPolicy: block }), {
    "f:hosts": {},
    "f:trafficPolicy": { "f:tls": { "f:mode": {} } },
  });

  const changes = fieldChanges(desired, object, "live");

  expect(changes).toEqual([{ path: "spec.trafficPolicy.tls.mode", before: "ISTIO_MUTUAL" }]);
});

test("a Service's ports are matched by port and protocol: a foreign one stays, ours is removed, order is not a change", () => {
  const desired = service({
    ports: [
      { name: "http", port: 8000 },
      { name: "tcp", port: 9000, protocol: "TCP" },
    ],
  });
  const object = service({
    ports: [
      { name: "foreign", port: 7000, protocol: "TCP", targetPort: 7000 },
      { name: "tcp", port: 9000, protocol: "TCP", targetPort: 9000 },
      { name: "http", port: 8000, protocol: "TCP", targetPort: 8000 },
      { name: "old", port: 8000, protocol: "UDP", targetPort: 8000 },
    ],
  });
  const element = { ".": {}, "f:name": {}, "f:port": {} };

  const changes = fieldChanges(
    desired,
    live(object, {
      "f:ports": {
        'k:{"port":8000,"protocol":"TCP"}': element,
        'k:{"port":8000,"protocol":"UDP"}': element,
        'k:{"port":9000,"protocol":"TCP"}': element,
      },
    }),
    "live",
  );

  expect(changes).toEqual([
    { path: "spec.ports[8000/UDP]", before: { name: "old", port: 8000, protocol: "UDP", targetPort: 8000 } },
  ]);
});

test("a ServiceEntry's ports are matched by name", () => {
  const desired = serviceEntry({
    ports: [
      { name: "http", number: 8000, protocol: "HTTP" },
      { name: "tcp", number: 9000 },
    ],
  });
  const object = serviceEntry({
    ports: [
      { name: "theirs", number: 7000 },
      { name: "http", number: 8000, protocol: "TCP" },
    ],
  });

  const changes = fieldChanges(desired, live(object, {}), "live");

  expect(changes).toEqual([
    { path: "spec.ports[http].protocol", before: "TCP", after: "HTTP" },
    { path: "spec.ports[tcp]", after: { name: "tcp", number: 9000 } },
  ]);
});

test("a key that somebody adds to a Service's selector is a change, since the selector is one value", () => {
  const desired = service({ selector: { app: "x" } });

  const changes = fieldChanges(desired, live(service({ selector: { app: "x", canary: "y" } }), {}), "live");

  expect(changes).toEqual([{ path: "spec.selector.canary", before: "y" }]);
});

test("names with dots are quoted, and a label may be called like a property of every object", () => {
  const desired = { ...serviceEntry({}), metadata: { name: "a", labels: { ...labels, constructor: "c" } } };
  const object = live(serviceEntry({}), {}, { labels: { ...labels, "isthmus.io/owner": "Other.x.y" } });

  const changes = fieldChanges(desired, object, "live");

  expect(changes).toEqual([
    { path: 'metadata.labels["isthmus.io/owner"]', before: "Other.x.y", after: "SharedService.bar.httpbin" },
    { path: "metadata.labels.constructor", after: "c" },
  ]);
});

test("another version of the API is not a change on a server, but one in a file", () => {
  const desired = serviceEntry({ hosts: ["a.b"] });
  const older = { ...desired, apiVersion: "networking.istio.io/v1beta1" };

  expect(fieldChanges(desired, older, "live")).toEqual([]);
  expect(fieldChanges(desired, older, "directory")).toEqual([
    { path: "apiVersion", before: "networking.istio.io/v1beta1", after: "networking.istio.io/v1" },
  ]);
});

test("a file in a directory is ours as a whole: whatever differs is a change", () => {
  const desired = serviceEntry({ hosts: ["a.b"], ports: [{ name: "http", number: 80 }] });
  const object = {
    ...serviceEntry({ hosts: ["a.b"], ports: [{ name: "http", number: 80, targetPort: 81 }], resolution: "DNS" }),
    metadata: { name: "httpbin", namespace: "foo", labels: { ...labels, team: "shop" }, resourceVersion: "sha" },
  };

  const changes = fieldChanges(desired, object, "directory");

  expect(changes).toEqual([
    { path: "metadata.labels.team", before: "shop" },
    { path: "spec.ports[0].targetPort", before: 81 },
    { path: "spec.resolution", before: "DNS" },
  ]);
});
