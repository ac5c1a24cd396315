import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { missingKind } from "../shape/index.ts";
import { traceWorld } from "../trace/index.ts";
import { lint } from "./lint.ts";

const base = `
{apiVersion: v1, kind: Namespace, metadata: {name: web}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: api}, ports: [{name: http, port: 80}]}
---
${podYaml("web/client", "10.0.0.1")}${podYaml("shop/api", "10.0.0.2", { ports: [{ name: "http", containerPort: 80 }] })}`;

function observed(yaml: string) {
  return observedOf({ eu: { yaml: `${base}${yaml}` } });
}

/** `CODE object field` of each finding. */
function found(yaml: string) {
  const { findings } = lint(traceWorld(observed(yaml)).clusters);
  return findings.map(({ code, at }) => `${code} ${at.replace("eu: ", "")}`);
}

const istio = (kind: string, name: string, spec: string, more = "") =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop${more}}\nspec: ${spec}\n---\n`;
const policy = (name: string, spec: string) =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n---\n`;
const younger = ", creationTimestamp: '2026-01-02T00:00:00Z'";
const older = ", creationTimestamp: '2026-01-01T00:00:00Z'";

test.each<[string, string, readonly string[]]>([
  ["nothing", "", []],
  [
    "a policy whose labels no pod has",
    policy("a", "{selector: {matchLabels: {app: gone}}}"),
    ["LINT_SELECTS_NOTHING AuthorizationPolicy shop/a spec.selector"],
  ],
  [
    "policies of pods that are there, and of all",
    policy("a", "{selector: {matchLabels: {app: api}}}") + policy("b", "{}"),
    [],
  ],
  [
    "policies and Sidecars of a machine, also of one without an address, and those that no machine has the labels of",
    istio("WorkloadEntry", "vm", "{address: 10.1.1.1, labels: {app: vm}, serviceAccount: vm}") +
      istio("WorkloadEntry", "far", "{network: far, labels: {app: far}}") +
      ["vm", "far", "gone"].map((app) => policy(app, `{selector: {matchLabels: {app: ${app}}}}`)).join("") +
      istio("Sidecar", "vm", "{workloadSelector: {labels: {app: vm}}}"),
    ["LINT_SELECTS_NOTHING AuthorizationPolicy shop/gone spec.selector"],
  ],
  [
    "Sidecars for nobody, and after another",
    istio("Sidecar", "a", "{workloadSelector: {labels: {app: gone}}}") +
      istio("Sidecar", "b", "{}", older) +
      istio("Sidecar", "c", "{}", younger),
    ["LINT_SIDECAR_UNUSED Sidecar shop/a", "LINT_SIDECAR_UNUSED Sidecar shop/c"],
  ],
  [
    "a DestinationRule for a host that nobody has",
    istio("DestinationRule", "a", "{host: apii}"),
    ["LINT_HOST_UNKNOWN DestinationRule shop/a spec.host"],
  ],
  ["a DestinationRule for a wildcard", istio("DestinationRule", "a", '{host: "*.shop.svc.cluster.local"}'), []],
  [
    "a DestinationRule after another",
    istio("DestinationRule", "a", "{host: api, trafficPolicy: {tls: {mode: DISABLE}}}", older) +
      istio("DestinationRule", "b", "{host: api, trafficPolicy: {tls: {mode: SIMPLE}}}", younger),
    ["LINT_DESTINATION_RULE_SHADOWED DestinationRule shop/b"],
  ],
  [
    "subsets without endpoints, and without routes",
    istio(
      "DestinationRule",
      "a",
      "{host: api, subsets: [{name: a, labels: {app: api}}, {name: b, labels: {v: two}}]}",
    ) + istio("VirtualService", "a", "{hosts: [api], http: [{route: [{destination: {host: api, subset: b}}]}]}"),
    [
      "LINT_SUBSET_EMPTY DestinationRule shop/a spec.subsets[1]",
      "LINT_SUBSET_UNUSED DestinationRule shop/a spec.subsets[0]",
    ],
  ],
  [
    "subsets that mirrors lead to, and one of which only another host's namesake is routed to",
    istio(
      "DestinationRule",
      "a",
      "{host: api, subsets: [{name: a, labels: {app: api}}, {name: b, labels: {app: api}}, {name: c, labels: {app: api}}]}",
    ) +
      istio(
        "VirtualService",
        "a",
        "{hosts: [api], http: [{route: [{destination: {host: api}}], mirror: {host: api, subset: a}, mirrors: [{destination: {host: api, subset: b}}, {destination: {host: gone, subset: c}}]}]}",
      ),
    [
      "LINT_DESTINATION_UNKNOWN VirtualService shop/a spec.http[0].mirrors[1].destination.host",
      "LINT_SUBSET_UNUSED DestinationRule shop/a spec.subsets[2]",
    ],
  ],
  [
    "routes to nobody that get no request, and one that gets all",
    istio(
      "VirtualService",
      "a",
      "{hosts: [api], http: [{match: [{uri: {prefix: /x}}], route: [{destination: {host: api}, weight: 100}, {destination: {host: gone}, weight: 0}]}, {route: [{destination: {host: gone}, weight: 0}]}]}",
    ),
    ["LINT_DESTINATION_UNKNOWN VirtualService shop/a spec.http[1].route[0].destination.host"],
  ],
  [
    "subsets that clients of other clusters may ask for",
    istio("DestinationRule", "a", "{host: api, subsets: [{name: a, labels: {app: api}}]}") +
      istio(
        "Gateway",
        "a",
        "{selector: {app: api}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, hosts: ['*'], tls: {mode: AUTO_PASSTHROUGH}}]}",
      ),
    [],
  ],
  [
    "routes after one that takes all, and to nobody",
    istio(
      "VirtualService",
      "a",
      "{hosts: [api], http: [{route: [{destination: {host: api}}]}, {match: [{uri: {prefix: /x}}], route: [{destination: {host: gone}}]}]}",
    ),
    [
      "LINT_DESTINATION_UNKNOWN VirtualService shop/a spec.http[1].route[0].destination.host",
      "LINT_ROUTE_SHADOWED VirtualService shop/a spec.http[1]",
    ],
  ],
  [
    "a VirtualService at a Gateway that is not there, beside one that is, and is served by no pod",
    istio("Gateway", "edge", "{selector: {app: gone}, servers: []}") +
      istio(
        "VirtualService",
        "a",
        "{hosts: [api], gateways: [mesh, edge, web/edge], http: [{route: [{destination: {host: api}}]}]}",
      ),
    [
      "LINT_GATEWAY_UNKNOWN VirtualService shop/a spec.gateways[2]",
      "LINT_GATEWAY_UNUSED Gateway shop/edge spec.selector",
    ],
  ],
  [
    "hosts of a Sidecar that let nothing through",
    istio("Sidecar", "a", "{egress: [{hosts: ['./*', 'shop/api', 'shop/api.shop.svc.cluster.local']}]}"),
    ["LINT_IMPORT_EMPTY Sidecar shop/a spec.egress[0].hosts[1]"],
  ],
  [
    "a ServiceEntry for the host of a Service",
    istio(
      "ServiceEntry",
      "a",
      "{hosts: [api.shop.svc.cluster.local], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}]}",
    ),
    ["LINT_SERVICE_ENTRY_OVERLAPS ServiceEntry shop/a spec.hosts"],
  ],
])("%s", (_, yaml, expected) => {
  expect([...found(yaml.replace(/---\n$/, ""))].sort()).toEqual(expected);
});

test("a rule says nothing where a kind that it rests on cannot be seen", () => {
  const { clusters, unreachable } = observed(
    policy("a", "{selector: {matchLabels: {app: gone}}}").replace(/---\n$/, ""),
  );
  const missing = [missingKind({ group: "", kind: "Pod" }, "shows none")];
  const dumped = new Map([...clusters].map(([name, each]) => [name, { ...each, unreadable: missing }]));

  const { findings, skipped } = lint(traceWorld({ clusters: dumped, unreachable }).clusters);

  expect(findings).toEqual([]);
  expect(skipped).toContainEqual({
    cluster: "eu",
    code: "LINT_SELECTS_NOTHING",
    why: "of kind Pod the dump shows none",
  });
});

test("what may be for gateways or clients that a repository does not show is not told, in a live cluster it is", () => {
  const yaml = [
    policy("gateway", "{selector: {matchLabels: {app: istio-ingressgateway}}}"),
    istio("Sidecar", "gateway", "{workloadSelector: {labels: {istio: ingressgateway}}}"),
    istio("DestinationRule", "gateway", "{host: api, workloadSelector: {matchLabels: {istio: ingressgateway}}}"),
    istio("DestinationRule", "private", "{host: api.shop.svc.cluster.local, exportTo: ['.']}").replace(
      "{name: private, namespace: shop}",
      "{name: private, namespace: edge}",
    ),
  ];
  const { clusters, unreachable } = observed(yaml.join("").replace(/---\n$/, ""));
  const codes = (source: "live" | "directory") => {
    const read = new Map([...clusters].map(([name, each]) => [name, { ...each, source }]));
    return lint(traceWorld({ clusters: read, unreachable }).clusters).findings.map(({ code }) => code);
  };

  expect(codes("directory")).toEqual([]);
  expect(codes("live").sort()).toEqual([
    "LINT_DESTINATION_RULE_SHADOWED",
    "LINT_DESTINATION_RULE_SHADOWED",
    "LINT_SELECTS_NOTHING",
    "LINT_SIDECAR_UNUSED",
  ]);
});

test("a Gateway whose pods no manifest shows is not told, and its rule is among those left out; one with pods is judged", () => {
  const gateway = istio("Gateway", "edge", "{selector: {app: edge}, servers: []}");
  const told = (source: "live" | "directory", yaml: string) => {
    const { clusters, unreachable } = observed(yaml);
    const read = new Map([...clusters].map(([name, each]) => [name, { ...each, source }]));
    const { findings, skipped, looked } = lint(traceWorld({ clusters: read, unreachable }).clusters);
    return { found: findings.map(({ code }) => code), skipped: skipped.map(({ code }) => code), looked };
  };

  expect(told("live", gateway)).toEqual({ found: ["LINT_GATEWAY_UNUSED"], skipped: [], looked: 12 });
  expect(told("directory", gateway)).toEqual({ found: [], skipped: ["LINT_GATEWAY_UNUSED"], looked: 11 });
  expect(told("directory", `${gateway}${podYaml("shop/edge", "10.0.0.3")}`).skipped).toEqual([]);
});
