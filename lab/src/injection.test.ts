import { expect, test } from "vitest";
import { proxyOf } from "./injection.ts";

const template = (labels: Readonly<Record<string, string>> = {}, image = "curlimages/curl") => ({
  metadata: { labels },
  spec: { containers: [{ name: "app", image }] },
});

test.each([
  ["no label at all", template(), {}, "none"],
  ["the namespace is labelled", template(), { "istio-injection": "enabled" }, "sidecar"],
  ["the namespace has a revision", template(), { "istio.io/rev": "default" }, "sidecar"],
  ["the pod asks by itself", template({ "sidecar.istio.io/inject": "true" }), {}, "sidecar"],
  ["the pod opts out", template({ "sidecar.istio.io/inject": "false" }), { "istio-injection": "enabled" }, "none"],
  [
    "the namespace is closed",
    template({ "sidecar.istio.io/inject": "true" }),
    { "istio-injection": "disabled" },
    "none",
  ],
  ["the image is auto", template({}, "auto"), {}, "router"],
] as const)("injection when %s", (_, pod, namespaceLabels, expected) => {
  expect(proxyOf(pod, namespaceLabels)).toBe(expected);
});
