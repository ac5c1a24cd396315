import { expect, test } from "vitest";
import type { KubeObject } from "./kubeObject.ts";
import { dnsLabel } from "./names.ts";
import { importLabel, isProvenOurs, isWrittenByOthers, ownershipFault, ownershipLabels } from "./ownership.ts";

const owner = "SharedService.bar.httpbin";

function object(kind: string, metadata: Partial<KubeObject["metadata"]> = {}, spec: unknown = {}): KubeObject {
  const name = dnsLabel(["httpbin", "bar", "cluster2"]);
  return {
    apiVersion: kind === "Service" ? "v1" : "networking.istio.io/v1",
    kind,
    metadata: { name, namespace: "bar", labels: ownershipLabels(owner, "consumer"), ...metadata },
    spec,
  };
}

test("an object with our labels, name and place is ours, whether its declaration is still there or not", () => {
  expect(isProvenOurs(object("ServiceEntry", { namespace: "foo" }))).toBe(true);
  expect(isProvenOurs(object("WorkloadEntry"))).toBe(true);
  expect(isProvenOurs(object("Service", { name: "httpbin" }, { selector: { [importLabel]: "httpbin" } }))).toBe(true);
  expect(isProvenOurs(object("Service", { labels: {} }))).toBe(false);
});

test("a long owner is cut in its label, and its objects are ours all the same", () => {
  const long = `SharedService.${"n".repeat(40)}-0123456789`;

  expect(isProvenOurs(object("WorkloadEntry", { labels: ownershipLabels(long, "server") }))).toBe(true);
});

test.each([
  ["no owner", { labels: { "app.kubernetes.io/managed-by": "isthmus" } }, "names no declaration"],
  ["an owner that is not a declaration", { labels: ownershipLabels("Gateway.bar.x", "server") }, "not a declaration"],
  ["an owner like a field of every object", { labels: ownershipLabels("toString.a.b", "server") }, "not a declaration"],
  ["no side", { labels: { ...ownershipLabels(owner, "server"), "isthmus.io/side": "left" } }, "neither server nor"],
  ["a name of its own", { name: "httpbin-copy" }, "httpbin-copy is not a name"],
  ["another namespace than its owner's", { namespace: "foo" }, "would be in namespace bar"],
])("an object with our label and %s is not taken for ours", (_, metadata, why) => {
  expect(ownershipFault(object("WorkloadEntry", metadata))).toContain(why);
  expect(isProvenOurs(object("WorkloadEntry", metadata))).toBe(false);
});

test("an object of a kind that its declaration does not lead to, or a Service by a plain name, is not taken for ours", () => {
  expect(ownershipFault(object("EnvoyFilter"))).toBe("no EnvoyFilter is written for a SharedService");
  expect(ownershipFault(object("Service", { name: "httpbin" }, { selector: { app: "httpbin" } }))).toContain("httpbin");
});

test("an object that only others wrote is told by the API server's notes; a directory has none", () => {
  const writtenBy = (...managers: readonly string[]) =>
    object("ServiceEntry", { managedFields: managers.map((manager) => ({ manager, operation: "Apply" })) });

  expect(isWrittenByOthers(writtenBy("kubectl-client-side-apply"))).toBe(true);
  expect(isWrittenByOthers(writtenBy("kubectl-edit", "isthmus"))).toBe(false);
  expect(isWrittenByOthers(object("ServiceEntry"))).toBe(false);
});
