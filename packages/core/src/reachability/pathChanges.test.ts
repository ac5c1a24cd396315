import { observedOf, podYaml, randomMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TraceWorld, trace, traceWorld } from "../trace/index.ts";
import { answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { showCallerName } from "./callers.ts";
import { pathChanges } from "./pathChanges.ts";
import { reachability } from "./reachability.ts";

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
      requests: expect.stringContaining("POST"),
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

test("the difference is that of two whole matrices: a caller and request without a change have one answer", () => {
  fc.assert(
    fc.property(randomMesh, randomMesh, (one, other) => {
      const [before, after] = [one, other].map(({ observed, intents }) => traceWorld(observed, intents));
      if (before === undefined || after === undefined) return;
      const changes = pathChanges(before, after);
      const changed = new Set(
        changes.flatMap(({ callers, target }) =>
          callers.map((each) => `${showCallerName(each)} ${target.scheme} ${target.host}:${target.port}`),
        ),
      );
      for (const { target, groups } of reachability(after).targets) {
        for (const { callers, answers } of groups) {
          for (const caller of callers) {
            if (changed.has(`${showCallerName(caller)} ${target.scheme} ${target.host}:${target.port}`)) continue;
            for (const { answer, examples } of answers) {
              const [parts] = examples;
              if (parts === undefined || answer.verdict === "unknown") continue;
              const was = answerOf(before, trace(before, requestOf(caller, target, parts)));
              expect(["reaches", "partly"].includes(was.verdict)).toBe(["reaches", "partly"].includes(answer.verdict));
            }
          }
        }
      }
    }),
    { numRuns: 10 },
  );
});

test("what a workload that comes or goes reaches is newly or no longer reached", () => {
  const more = podYaml("foo/curl", "10.0.0.3");
  const changes = [told("", more), told(more, "")].map((each) => each.map(({ kind, callers }) => [kind, ...callers]));

  expect(changes).toEqual([[["newly reached", "curl.foo@c1"]], [["no longer reached", "curl.foo@c1"]]]);
});
