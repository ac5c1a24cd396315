import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { KubeObject } from "../kinds/index.ts";
import { type TraceWorld, traceWorld } from "../trace/index.ts";
import { changedTargets } from "./changedTargets.ts";
import { reachability } from "./reachability.ts";

const hosts = ["httpbin", "details", "ratings"];

/** Each host with a pod of its own, and one that calls. */
const mesh = [
  "{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}",
  "{apiVersion: v1, kind: Node, metadata: {name: n}, status: {conditions: [{type: Ready, status: 'True', lastHeartbeatTime: '1'}], addresses: [{type: InternalIP, address: 192.0.2.1}]}}",
  ...hosts.flatMap((name, index) => [
    `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: bar},
      spec: {clusterIP: 10.9.0.${index + 1}, selector: {app: ${name}}, ports: [{name: http, port: 8000}]}}`,
    podYaml(`bar/${name}`, `10.0.0.${index + 1}`, { labels: { app: name } }),
  ]),
  podYaml("bar/curl", "10.0.0.9"),
].join("\n---\n");

/** Hosts that are compared where the mesh gets more objects, or each of its objects another state. */
function compared(more: string, change: (object: KubeObject) => KubeObject = (object) => object): readonly string[] {
  const before = worldOf(mesh);
  const after = worldOf(`${mesh}\n---\n${more}`, change);
  const targets = reachability(after).targets.filter(({ target }) => changedTargets(before, after)(target));
  return targets.map(({ target }) => target.host.split(".")[0] ?? "").sort();
}

function worldOf(yaml: string, change: (object: KubeObject) => KubeObject = (object) => object): TraceWorld {
  const observed = observedOf({ c1: { yaml } });
  const clusters = [...observed.clusters].map(
    ([name, cluster]) => [name, { ...cluster, objects: cluster.objects.map(change) }] as const,
  );
  return traceWorld({ ...observed, clusters: new Map(clusters) });
}

function security(kind: string, spec: string, namespace = "bar"): string {
  return `{apiVersion: security.istio.io/v1, kind: ${kind}, metadata: {name: p, namespace: ${namespace}}, spec: ${spec}}`;
}

function networking(kind: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: n, namespace: bar}, spec: ${spec}}`;
}

const all = [...hosts].sort();

test("of a policy the hosts are compared whose calls come to where it holds", () => {
  const ofOne = "{selector: {matchLabels: {app: httpbin}}, action: DENY, rules: [{}]}";

  expect(compared(security("AuthorizationPolicy", ofOne))).toEqual(["httpbin"]);
  expect(compared(security("AuthorizationPolicy", "{action: DENY, rules: [{}]}", "istio-system"))).toEqual(all);
  expect(compared(security("PeerAuthentication", "{mtls: {mode: STRICT}}"))).toEqual(all);
});

test("of a route and of a DestinationRule the hosts are compared that they are about", () => {
  expect(compared(networking("DestinationRule", "{host: ratings, trafficPolicy: {tls: {mode: DISABLE}}}"))).toEqual([
    "ratings",
  ]);
  expect(
    compared(networking("VirtualService", "{hosts: [details], http: [{route: [{destination: {host: httpbin}}]}]}")),
  ).toEqual(["details"]);
});

test("of what else comes everything is compared", () => {
  expect(compared(networking("Sidecar", "{egress: [{hosts: [./*]}]}"))).toEqual(all);
  expect(compared(podYaml("bar/more", "10.0.0.20"))).toEqual(all);
});

test("nothing is compared where objects were only read again, or pods and nodes looked at again", () => {
  const readAgain = (object: KubeObject): KubeObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: "2" },
  });
  const lookedAt = (object: KubeObject): KubeObject =>
    JSON.parse(JSON.stringify(object).replace('"lastHeartbeatTime":"1"', '"lastHeartbeatTime":"2"'));

  expect(compared("", readAgain)).toEqual([]);
  expect(compared("", lookedAt)).toEqual([]);
});
