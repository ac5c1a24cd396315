import { expect, test } from "vitest";
import { graph } from "./graph.ts";
import { broken, passed } from "./hop.ts";
import { traceOf } from "./trace.ts";
import type { TraceBranch } from "./traceResult.ts";

const request = {
  from: { cluster: "east", namespace: "foo", workload: "sleep" },
  method: "GET",
  url: { scheme: "http", host: "httpbin.bar", port: 8000, path: "/" },
  headers: {},
} as const;

const client = passed({ name: "client", cluster: "east", detail: "", source: "" });
const gateway = [
  passed({ name: "connection", cluster: "east", detail: "", source: "" }),
  passed({ name: "gateway", cluster: "west", detail: "", source: "" }),
];
const answered: TraceBranch = {
  probability: 1,
  hops: [client, ...gateway, passed({ name: "application", cluster: "west", detail: "", source: "" })],
  outcome: {
    kind: "answered",
    by: { type: "workload", cluster: "west", namespace: "bar", name: "httpbin", port: 80 },
  },
};
const denied = broken({
  name: "authorization",
  cluster: "west",
  code: "TRACE_DENIED",
  detail: "",
  fix: "",
  source: "",
});
const refused: TraceBranch = { probability: 1, hops: [client, ...gateway, denied], outcome: { kind: "refused" } };

test("a call goes from its caller by the name and a gateway to the workload, each part with its verdict", () => {
  const { nodes, edges } = graph([traceOf(request, [answered])]);

  expect(nodes.map(({ id }) => id)).toEqual([
    "gateway west",
    "service httpbin.bar:8000",
    "workload east foo/sleep",
    "workload west bar/httpbin",
  ]);
  expect(edges.map(({ from, to, verdict }) => `${from} > ${to}: ${verdict}`)).toEqual([
    "gateway west > workload west bar/httpbin: reaches",
    "service httpbin.bar:8000 > gateway west: reaches",
    "workload east foo/sleep > service httpbin.bar:8000: reaches",
  ]);
});

test("each gateway of a cluster is a node of its own, whatever the order of the traces", () => {
  const by = (name: string): TraceBranch => ({
    ...answered,
    hops: answered.hops.map((hop) =>
      hop.name === "gateway"
        ? { ...hop, object: { cluster: "west", kind: "Gateway", namespace: "istio-system", name } }
        : hop,
    ),
  });
  const traces = ["east-west", "edge"].map((name) => traceOf(request, [by(name)]));

  const drawn = graph(traces);

  expect(drawn.nodes.filter(({ kind }) => kind === "gateway").map(({ label }) => label)).toEqual([
    "Gateway istio-system/east-west",
    "Gateway istio-system/edge",
  ]);
  expect(graph(traces.toReversed())).toEqual(drawn);
});

test("what fails behind the gateway breaks that part of the way alone, with its code", () => {
  const { edges } = graph([traceOf(request, [refused])]);

  expect(edges).toEqual([
    { from: "gateway west", to: "cluster west", verdict: "broken", codes: ["TRACE_DENIED"] },
    { from: "service httpbin.bar:8000", to: "gateway west", verdict: "reaches", codes: [] },
    { from: "workload east foo/sleep", to: "service httpbin.bar:8000", verdict: "reaches", codes: [] },
  ]);
});
