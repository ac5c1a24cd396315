import { parsePathTests } from "@isthmus/core/pathTest";
import { traceWorld } from "@isthmus/core/trace";
import { namespace, observedCluster, pod, service } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { Reach } from "../reach.ts";
import { callPathTest } from "./callPathTest.ts";

const observed = {
  clusters: new Map([
    [
      "cluster1",
      observedCluster("cluster1", "192.0.2.1", [
        namespace("foo"),
        namespace("bar"),
        pod("foo/sleep"),
        pod("bar/httpbin"),
        service("bar/httpbin"),
      ]),
    ],
  ]),
  unreachable: new Map(),
};
const world = traceWorld(observed);

/** Answers every call with a status, and notes what was called. */
function answering(status: number, body = "{}") {
  const calls: string[] = [];
  const exec: Reach["exec"] = async (_where, argv) => {
    calls.push(argv.at(-1) ?? "");
    const parts = [body, JSON.stringify({ http_code: status, time_total: 0.1 }), JSON.stringify({ server: ["envoy"] })];
    return { exitCode: 0, stdout: parts.join("\u001e"), stderr: "" };
  };
  return { calls, reach: new Map([["cluster1", { exec } as Reach]]) };
}

function testOf(from: string, to = "to: {service: httpbin.bar, path: /get}") {
  const text = `{apiVersion: isthmus.io/v1alpha1, kind: PathTest, metadata: {name: it}, spec: {from: ${from}, ${to}, expect: {reaches: {}}}}`;
  const [only] = parsePathTests([{ name: "it.yaml", text }]).tests;
  if (only === undefined) throw new Error("there is no test");
  return only;
}

const sleep = "{workload: sleep, namespace: foo}";

test("a request is made from its caller's pod, and as on paper there is nothing to tell", async () => {
  const { calls, reach } = answering(200);

  const wire = await callPathTest(testOf(sleep), { world, observed, reach });

  expect(wire).toEqual({ calls: 1, left: {}, differs: [] });
  expect(calls).toEqual(["http://httpbin.bar.svc.cluster.local:8000/get"]);
});

test("what the wire does otherwise, again and again, is told beside the paper", async () => {
  const { calls, reach } = answering(403, "RBAC: access denied");

  const wire = await callPathTest(testOf(sleep), { world, observed, reach }, [1, 1]);

  expect(wire.differs).toMatchObject([{ caller: "sleep.foo@cluster1", wire: "refused with 403" }]);
  expect(wire.differs[0]?.paper).toContain("bar/httpbin in cluster1 would answer");
  expect(calls.length).toBe(3);
});

test.each([
  ["{outside: {}}", 'to: {url: "http://a"}', "a client outside is not called from here"],
  [`{workload: sleep, namespace: foo, token: {iss: a}}`, undefined, "nobody here can issue its token"],
  [sleep, 'to: {url: "tcp://httpbin.bar:8000"}', "a bare TCP connection is not opened from a pod"],
])("what cannot be called from here is counted, with why: %s", async (from, to, why) => {
  const wire = await callPathTest(testOf(from, to), { world, observed, reach: answering(200).reach });

  expect(wire).toEqual({ calls: 0, left: { [why]: 1 }, differs: [] });
});

test("a directory's pods are not called", async () => {
  const wire = await callPathTest(testOf(sleep), { world, observed, reach: new Map() });

  expect(wire.left).toEqual({ "cluster1 is a directory": 1 });
});
