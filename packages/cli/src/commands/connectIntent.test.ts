import type { MeshError } from "@isthmus/core";
import { expect, test } from "vitest";
import { connectIntent } from "./connectIntent.ts";

test("service, from and to become a SharedService", () => {
  const intent = connectIntent("httpbin.bar", { from: ["cluster2"], to: ["cluster1/foo"] });

  expect(intent).toEqual({
    apiVersion: "isthmus.io/v1alpha1",
    kind: "SharedService",
    metadata: { name: "httpbin", namespace: "bar" },
    spec: { servedBy: ["cluster2"], consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }] },
  });
});

test("namespaces are gathered by cluster, and a whole cluster includes them", () => {
  const { spec } = connectIntent("web.shop", { from: ["eu"], to: ["us/a", "us/b", "asia/a", "asia"] });

  expect(spec.consumers).toEqual([{ clusters: ["us"], namespaces: ["a", "b"] }, { clusters: ["asia"] }]);
});

test.each(["shop/web", "web.shop.svc", "web.shop.svc.cluster.local"])("%s is web.shop as well", (service) => {
  expect(connectIntent(service, { from: ["eu"], to: ["us"] }).metadata).toEqual({ name: "web", namespace: "shop" });
});

test("names and ports are passed on", () => {
  const { spec } = connectIntent("web.shop", { from: ["eu"], to: ["us"], as: ["SameName"], port: [80, 443] });

  expect(spec).toMatchObject({ as: ["SameName"], ports: [80, 443] });
});

test.each([
  ["web", "us"],
  ["web.shop.eu", "us"],
  [".shop", "us"],
  ["web.shop", "us/"],
  ["web.shop", "/a"],
  ["web.shop", "us/a/b"],
])("%s to %s is refused", (service, to) => {
  const connecting = () => connectIntent(service, { from: ["eu"], to: [to] });

  expect(connecting).toThrow(expect.objectContaining({ code: "USAGE" }) as MeshError);
});
