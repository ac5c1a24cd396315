import { observedOf } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { IstioCluster } from "./istioCluster.ts";
import { istioCluster } from "./istioClusters.ts";
import { virtualAddress } from "./virtualAddress.ts";

const entry = (name: string, spec: string) =>
  `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: shop}, spec: {hosts: [${name}.mesh], ports: [{name: tcp, number: 80, protocol: TCP}], ${spec}}}\n---\n`;

const objects = [
  entry(
    "inside",
    "location: MESH_INTERNAL, resolution: STATIC, addresses: [10.9.0.1, 10.9.0.2/32, 192.0.2.1], endpoints: [{address: 192.0.2.1}]",
  ),
  entry("outside", "location: MESH_EXTERNAL, resolution: STATIC, addresses: [10.9.0.3]"),
  entry("dialled", "location: MESH_INTERNAL, resolution: NONE, addresses: [10.9.0.4]"),
].join("");

function cluster(settings: { readonly addressPool?: string } = {}): IstioCluster {
  const [observed] = observedOf({ c1: { yaml: objects } }).clusters.values();
  if (observed === undefined) throw new Error("there is one");
  return istioCluster(observed, { mesh: { spec: settings } });
}

test.each([
  ["class E", "240.0.0.5", "a virtual address, of 240.0.0.0/4"],
  ["istiod's own of IPv4", "240.240.1.2", "a virtual address, of 240.0.0.0/4"],
  ["istiod's own of IPv6", "2001:2::f0f0:1", "a virtual address, of 2001:2::/48"],
  ["istiod's, not yet given", "auto-ip:a.mesh", "istiod's virtual address of a.mesh"],
  ["of an entry within the mesh", "10.9.0.1", "the virtual address of ServiceEntry shop/inside"],
  ["as a range of one", "10.9.0.2", "the virtual address of ServiceEntry shop/inside"],
  ["an endpoint's own", "192.0.2.1", undefined],
  ["of an entry outside of the mesh", "10.9.0.3", undefined],
  ["of one that goes on to what was dialled", "10.9.0.4", undefined],
  ["anything else", "10.9.0.9", undefined],
  ["a name", "www.example.com", undefined],
])("%s: %s", (_, address, expected) => {
  expect(virtualAddress(cluster(), address)).toBe(expected);
});

test("the mesh's own pool is never routed", () => {
  expect(virtualAddress(cluster({ addressPool: "10.9.0.0/24" }), "10.9.0.9")).toBe("a virtual address, of 10.9.0.0/24");
});
