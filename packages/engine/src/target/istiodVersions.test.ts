import type { KubeObject } from "@isthmus/core";
import { expect, test } from "vitest";
import { istiodVersions } from "./istiodVersions.ts";

interface Istiod {
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly namespace?: string;
}

function pod({
  image = "istio/pilot:1.27.1",
  labels = {},
  phase = "Running",
  namespace = "istio-system",
}: Istiod): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "istiod", namespace, labels: { app: "istiod", ...labels } },
    spec: {
      containers: [
        { name: "istio-proxy", image: "proxy:9" },
        { name: "discovery", image },
      ],
    },
    status: { phase },
  };
}

test("versions come from the chart's label, else from the image's tag; each once, sorted", () => {
  const objects = [
    pod({ image: "registry:5000/istio/pilot:1.28.0-distroless@sha256:00ff" }),
    pod({ labels: { "app.kubernetes.io/version": "1.27.3" } }),
    pod({ labels: { "app.kubernetes.io/version": "1.27.3" } }),
    pod({ image: "registry:5000/istio/pilot" }),
  ];

  expect(istiodVersions(objects, "istio-system")).toEqual(["1.27.3", "1.28.0-distroless"]);
});

test("pods that ended, of other apps or in other namespaces are not control planes", () => {
  const objects = [pod({ phase: "Failed" }), pod({ labels: { app: "other" } }), pod({ namespace: "elsewhere" })];

  expect(istiodVersions(objects, "istio-system")).toEqual([]);
});

test("where there are no pods, the template that makes them tells", () => {
  const { spec, metadata } = pod({});
  const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: { metadata, spec } } };

  expect(istiodVersions([deployment], "istio-system")).toEqual(["1.27.1"]);
});
