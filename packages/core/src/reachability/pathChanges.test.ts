import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type TraceWorld, traceWorld } from "../trace/index.ts";
import { showCallerName } from "./callers.ts";
import { pathChanges } from "./pathChanges.ts";

const mesh = `${["foo", "bar"]
  .map(
    (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}\n---\n`,
  )
  .join("")}${podYaml("foo/sleep", "10.0.0.2")}${podYaml("bar/httpbin", "10.0.0.1")}
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: bar}
spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}]}
---
`;

const policy = (spec: string) =>
  `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, namespace: bar}, spec: ${spec}}\n---\n`;

const worldOf = (yaml: string): TraceWorld => traceWorld(observedOf({ c1: { yaml: `${mesh}${yaml}` } }));

const told = (before: string, after: string) =>
  pathChanges(worldOf(before), worldOf(after)).map(({ kind, callers, requests, object }) => ({
    kind,
    callers: callers.map(showCallerName),
    requests,
    object: object?.kind,
  }));

test("nothing changes between a mesh and itself", () => {
  expect(told(policy("{}"), policy("{}"))).toEqual([]);
});

test("what a policy takes away is told with its callers, requests and the policy", () => {
  const denied = policy(
    "{action: DENY, rules: [{from: [{source: {namespaces: [foo]}}], to: [{operation: {methods: [POST]}}]}]}",
  );

  expect(told("", denied)).toEqual([
    { kind: "no longer reached", callers: ["sleep.foo@c1"], requests: "POST", object: "AuthorizationPolicy" },
  ]);
  expect(told(denied, "")).toEqual([
    {
      kind: "newly reached",
      callers: ["sleep.foo@c1"],
      requests: "POST",
      object: "AuthorizationPolicy",
    },
  ]);
});

test("mutual TLS that goes is told", () => {
  const plain = `{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d, namespace: bar},
    spec: {host: httpbin.bar.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}}\n---\n`;

  expect(told("", plain).map(({ kind }) => kind)).toContain("loses mutual TLS");
  expect(told(plain, "").map(({ kind }) => kind)).toContain("gains mutual TLS");
});

test("what a workload that comes or goes reaches is newly or no longer reached", () => {
  const more = podYaml("foo/curl", "10.0.0.3");
  const changes = [told("", more), told(more, "")].map((each) => each.map(({ kind, callers }) => [kind, ...callers]));

  expect(changes).toEqual([[["newly reached", "curl.foo@c1"]], [["no longer reached", "curl.foo@c1"]]]);
});

test("requests are told apart by what either state asks of them", () => {
  const gets = policy("{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}");
  const posts = policy("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}");
  const requests = (before: string, after: string) => {
    const changes = told(before, after).filter(({ callers }) => callers.includes("sleep.foo@c1"));
    return changes.map((change) => [change.kind, change.requests]).sort();
  };

  expect(requests(gets, "")).toEqual([["newly reached", "GET"]]);
  expect(requests(gets, posts)).toEqual([
    ["newly reached", "GET"],
    ["no longer reached", "POST"],
  ]);
});

const replica = (name: string, address: string, labels = {}) =>
  podYaml(`foo/web-5d9c5b8f4-${name}`, address, { labels: { "pod-template-hash": "5d9c5b8f4", ...labels } }).replaceAll(
    `"serviceAccountName":"web-5d9c5b8f4-${name}"`,
    '"serviceAccountName":"web"',
  );
const only = (address: string) => policy(`{rules: [{from: [{source: {ipBlocks: [${address}]}}]}]}`);

test("pods of one workload that a policy tells apart are each compared with themselves", () => {
  const web = ["1", "2", "3"].map((name) => replica(`aaaa${name}`, `10.0.1.${name}`)).join("");
  const isCaller = ({ workload }: { readonly workload: string }) => workload === "web";
  const changesOf = (before: string, after: string) =>
    pathChanges(worldOf(`${web}${before}`), worldOf(`${web}${after}`), { isCaller }).map(({ kind, callers }) => [
      kind,
      ...callers.map(({ pods, podsOfWorkload }) => `${pods}/${podsOfWorkload}`),
    ]);

  expect(changesOf("", only("10.0.1.1"))).toEqual([["no longer reached", "2/3"]]);
  expect(changesOf(only("10.0.1.1"), "")).toEqual([["newly reached", "2/3"]]);
  expect(changesOf(only("10.0.1.1"), only("10.0.1.2"))).toEqual([
    ["no longer reached", "1/3"],
    ["newly reached", "1/3"],
  ]);
  expect(changesOf("", only("10.9.9.9"))).toEqual([["no longer reached", "3/3"]]);
});

test("pods that take the place of others of their workload reach what those did", () => {
  const [old, young] = ["1", "2"].map((generation) =>
    ["1", "2"].map((name) => replica(`${generation}bbb${name}`, `10.0.${generation}.${name}`)).join(""),
  );
  const allowed = only("10.0.1.1, 10.0.2.2");

  expect(told(`${old}${allowed}`, `${young}${allowed}`)).toEqual([]);
  expect(told(`${old}`, `${old}${young}`)).toEqual([]);
  expect(told(`${old}${allowed}`, `${old}${replica("cccc1", "10.0.3.3")}${allowed}`)).toEqual([]);
});

test("where a workload runs, its account and its labels are not what it reaches", () => {
  const node = (region: string) =>
    `{apiVersion: v1, kind: Node, metadata: {name: n, labels: {topology.kubernetes.io/region: ${region}}}}\n---\n`;
  const placed = mesh.replaceAll('"containers":', '"nodeName":"n","containers":');
  const [here, there] = ["eu", "us"].map((region) =>
    traceWorld(observedOf({ c1: { yaml: `${placed}${node(region)}` } })),
  );
  if (here === undefined || there === undefined) throw new Error("two worlds");

  expect(pathChanges(here, there)).toEqual([]);
  expect(
    told(
      podYaml("foo/curl", "10.0.0.3"),
      podYaml("foo/curl", "10.0.0.3", { labels: { team: "a" } }).replace(
        'ceAccountName":"curl"',
        'ceAccountName":"c2"',
      ),
    ),
  ).toEqual([]);
});

test("what could not be told before is told as that, whatever it is now", () => {
  const filter = `apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: f, namespace: bar}
spec: {configPatches: [{applyTo: HTTP_FILTER, match: {context: ANY}, patch: {operation: INSERT_BEFORE, value: {name: lua, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}}}}]}
---
`;
  const kinds = (before: string, after: string) => [...new Set(told(before, after).map(({ kind }) => kind))];

  expect(kinds(filter, "")).toEqual(["could not be told before"]);
  expect(kinds(filter, policy("{}"))).toEqual(["could not be told before"]);
  expect(kinds("", filter)).toEqual(["cannot be told"]);
  expect(kinds(filter, filter)).toEqual([]);
});

test("an object is named where it alone differs, or where it differs and an answer names it", () => {
  const pod = (labels: Readonly<Record<string, string>>) => podYaml("foo/curl", "10.0.0.3", { labels });
  const denied = policy("{action: DENY, selector: {matchLabels: {app: httpbin}}, rules: [{}]}");
  const elsewhere = `{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: bar},
    spec: {hosts: [httpbin.bar.svc.cluster.local], http: [{directResponse: {status: 418}}]}}\n---\n`;
  const objects = (before: string, after: string) => [...new Set(told(before, after).map(({ object }) => object))];

  expect(objects("", elsewhere)).toEqual(["VirtualService"]);
  expect(objects(pod({}), `${pod({ a: "b" })}${elsewhere}`)).toEqual([undefined]);
  expect(objects(pod({}), `${pod({ a: "b" })}${denied}`)).toEqual(["AuthorizationPolicy"]);
});

test("a policy that is the same in both states is not what makes a difference", () => {
  const only = policy('{rules: [{from: [{source: {principals: ["cluster.local/ns/foo/sa/curl"]}}]}]}');
  const [one, other] = ["curl", "other"].map((account) =>
    podYaml("foo/curl", "10.0.0.3").replace('ceAccountName":"curl"', `ceAccountName":"${account}"`),
  );
  const more = "{apiVersion: v1, kind: Namespace, metadata: {name: more}}\n---\n";

  expect(told(`${one}${only}`, `${other}${only}${more}`)).toMatchObject([
    { kind: "no longer reached", callers: ["curl.foo@c1"], object: undefined },
  ]);
  expect(told(`${one}${only}`, `${other}${only}`)).toMatchObject([{ object: "Pod" }]);
});
