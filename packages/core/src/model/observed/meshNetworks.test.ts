import { expect, test } from "vitest";
import { parseMeshConfig } from "./meshConfig.ts";

test("meshNetworks say which addresses and clusters are in a network, and how others get there", () => {
  const networks = `
networks:
  net-west:
    endpoints: [{fromRegistry: west}, {fromCidr: 10.2.0.0/16}]
    gateways: [{address: 192.0.2.2, port: 15443}, {registryServiceName: gw.istio-system.svc.cluster.local, port: 443}]
`;

  expect(parseMeshConfig("{}", networks)?.networks).toEqual([
    {
      name: "net-west",
      registries: ["west"],
      cidrs: ["10.2.0.0/16"],
      gateways: [
        { address: "192.0.2.2", port: 15443 },
        { service: "gw.istio-system.svc.cluster.local", port: 443 },
      ],
    },
  ]);
});

test.each(["", "networks: 7", "networks: {a: [1]}", "networks: {a: {endpoints: {}, gateways: [{port: x}, 3]}}", "["])(
  "meshNetworks of a wrong form count as absent, or as empty: %j",
  (text) => {
    const networks = parseMeshConfig("{}", text)?.networks ?? [];

    expect(networks.flatMap(({ registries, cidrs, gateways }) => [...registries, ...cidrs, ...gateways])).toEqual([]);
  },
);
