import { mesh, meshCluster, namespace, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { istioCluster } from "../istio/index.ts";
import type { Gateway } from "../kinds/index.ts";
import { gatewayListener } from "./gatewayListener.ts";

const passthrough = (host: string): Gateway => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: { name: "httpbin", namespace: "istio-system" },
  spec: {
    selector: { istio: "ingressgateway" },
    servers: [
      { port: { number: 15443, name: "tls", protocol: "TLS" }, tls: { mode: "AUTO_PASSTHROUGH" }, hosts: [host] },
    ],
  },
});

test("the server name to try is of the cluster's own domain", () => {
  const objects = [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin")];
  const declared = mesh({ clusterDomain: "corp.internal" });
  const listenerFor = (host: string) =>
    gatewayListener(
      istioCluster(observedCluster("cluster2", "192.0.2.2", [...objects, passthrough(host)]), { mesh: declared }),
      meshCluster("cluster2"),
      declared,
    );

  expect(listenerFor("httpbin.bar.svc.corp.internal")).toEqual({
    sni: "outbound_.8000_._.httpbin.bar.svc.corp.internal",
  });
  expect(listenerFor("httpbin.bar.svc.cluster.local")).toEqual({});
});
