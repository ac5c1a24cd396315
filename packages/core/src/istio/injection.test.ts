import { expect, test } from "vitest";
import { isInjected } from "./injection.ts";

type Labels = Readonly<Record<string, string>>;

const namespace = (labels: Labels, name = "foo") => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});

test.each<[string, Labels, Labels, Labels, boolean]>([
  ["nothing asks", {}, {}, {}, false],
  ["the namespace asks", { "istio-injection": "enabled" }, {}, {}, true],
  ["the namespace asks for a revision", { "istio.io/rev": "canary" }, {}, {}, true],
  ["the pod asks", {}, { "sidecar.istio.io/inject": "true" }, {}, true],
  ["the pod names a revision", {}, { "istio.io/rev": "canary" }, {}, true],
  ["the pod asks by annotation, which no webhook looks at", {}, {}, { "sidecar.istio.io/inject": "true" }, false],
  ["the namespace forbids it", { "istio-injection": "disabled" }, { "sidecar.istio.io/inject": "true" }, {}, false],
  ["the pod takes it back", { "istio-injection": "enabled" }, { "sidecar.istio.io/inject": "false" }, {}, false],
  ["an annotation takes it back", { "istio-injection": "enabled" }, {}, { "sidecar.istio.io/inject": "false" }, false],
  [
    "label and annotation differ: the label counts",
    { "istio-injection": "enabled" },
    { "sidecar.istio.io/inject": "true" },
    { "sidecar.istio.io/inject": "false" },
    true,
  ],
])("a pod is injected where %s: %j %j %j is %s", (_, ofNamespace, labels, annotations, injected) => {
  expect(isInjected(namespace(ofNamespace), { labels, annotations })).toBe(injected);
});

test("Kubernetes' own namespaces never get sidecars", () => {
  expect(isInjected(namespace({ "istio-injection": "enabled" }, "kube-system"))).toBe(false);
});
