import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { reachability } from "../reachability/index.ts";
import { traceWorld } from "../trace/index.ts";
import { parsePathTests } from "./parsePathTests.ts";
import { runPathTest } from "./runPathTest.ts";

/** Two pods of one template call a third, whose policy lets in the second one's address alone. */
const yaml = `{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bar, labels: {istio-injection: enabled}}}
---
${podYaml("bar/httpbin", "10.0.0.1")}${["1", "2"].map((each) => podYaml(`foo/cron-${each}`, `10.0.0.1${each}`, { labels: { app: "cron" } }).replace(/"?serviceAccountName"?: ?"?cron-\d"?/, '"serviceAccountName":"cron"')).join("")}
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: bar}
spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: bar}
spec: {rules: [{from: [{source: {ipBlocks: [10.0.0.12]}}]}]}
`;

test("where a policy asks for addresses each pod is a caller of its own, for a test as for the matrix", () => {
  const world = traceWorld(observedOf({ c1: { yaml } }));
  const text = `apiVersion: isthmus.io/v1alpha1
kind: PathTest
metadata: {name: nobody}
spec:
  from: {none: {namespace: foo}}
  to: {url: "http://httpbin.bar:8000/"}
  expect: {reaches: {}}
`;
  const [asked] = parsePathTests([{ name: "test.yaml", text }]).tests;
  if (asked === undefined) throw new Error("no test");

  const result = runPathTest(world, asked);
  const found = reachability(world, { isTarget: ({ port }) => port === 8000 }).targets[0]?.groups;

  expect(result).toMatchObject({ verdict: "fail", counts: { met: 1, unmet: 1 } });
  expect(result.example?.caller).toBe("cron-2.foo@c1");
  expect(found?.flatMap(({ callers }) => callers).filter(({ namespace }) => namespace === "foo")).toHaveLength(2);
});
