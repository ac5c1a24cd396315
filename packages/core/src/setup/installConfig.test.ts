import { expect, test } from "vitest";
import { helmValues, type InstallOptions, istioOperator, meshConfigValues } from "./installConfig.ts";
import { withValues } from "./withValues.ts";

const options: InstallOptions = {
  cluster: "cluster1",
  network: "cluster1",
  meshId: "mesh",
  trustDomain: "cluster.local",
  istioNamespace: "istio-system",
  gateway: { namespace: "istio-system", selector: { istio: "ingressgateway" }, service: "NodePort", port: 15443 },
  registryOnly: false,
  multiRoot: false,
  accessLog: false,
};

test("a cluster gets its name, network, mesh, trust domain and DNS capture, by Helm as by istioctl", () => {
  const { istiod } = helmValues(options);
  const operator = istioOperator(options).spec as {
    readonly meshConfig: unknown;
    readonly values: { readonly global: unknown };
  };

  expect(istiod).toEqual({
    global: {
      istioNamespace: "istio-system",
      meshID: "mesh",
      network: "cluster1",
      multiCluster: { clusterName: "cluster1" },
    },
    meshConfig: {
      trustDomain: "cluster.local",
      outboundTrafficPolicy: { mode: "ALLOW_ANY" },
      defaultConfig: { meshId: "mesh", proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" } },
    },
  });
  expect(operator.meshConfig).toEqual(istiod.meshConfig);
  expect(operator.values.global).toEqual(istiod.global);
});

test("the gateway's Service has the ports that other clusters and clients use, with a node port where there is no load balancer", () => {
  const ports = (service: "NodePort" | "LoadBalancer") =>
    (
      helmValues({ ...options, gateway: { ...options.gateway, service } }).gateway.service as {
        readonly ports: unknown;
      }
    ).ports;

  const common = [
    { name: "status-port", port: 15021, targetPort: 15021 },
    { name: "http2", port: 80, targetPort: 8080 },
    { name: "https", port: 443, targetPort: 8443 },
  ];
  expect(ports("NodePort")).toEqual([...common, { name: "tls", port: 15443, targetPort: 15443, nodePort: 32001 }]);
  expect(ports("LoadBalancer")).toEqual([...common, { name: "tls", port: 15443, targetPort: 15443 }]);
});

test("what is asked for on top is set where Istio reads it", () => {
  const asked = { ...options, registryOnly: true, multiRoot: true, accessLog: true };

  expect(meshConfigValues(asked)).toMatchObject({
    accessLogFile: "/dev/stdout",
    outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
  });
  expect(helmValues(asked).istiod).toMatchObject({ env: { ISTIO_MULTIROOT_MESH: "true" } });
  expect(istioOperator(asked).spec).toMatchObject({ values: { pilot: { env: { ISTIO_MULTIROOT_MESH: "true" } } } });
});

test("present values keep what is not ours; lists of named things are merged by name", () => {
  const current = {
    replicaCount: 2,
    ports: [
      { name: "tls", port: 1, protocol: "TCP" },
      { name: "own", port: 9 },
    ],
    list: [1, 2],
  };

  const merged = withValues(current, {
    ports: [
      { name: "tls", port: 15443 },
      { name: "new", port: 8 },
    ],
    list: [3],
  });

  expect(merged).toEqual({
    replicaCount: 2,
    ports: [
      { name: "tls", port: 15443, protocol: "TCP" },
      { name: "own", port: 9 },
      { name: "new", port: 8 },
    ],
    list: [3],
  });
});
