import type { Graph } from "@isthmus/core/trace";
import { expect, test } from "vitest";
import { renderGraph } from "./graph.ts";

const graph: Graph = {
  nodes: [
    { id: "service a:80", kind: "service", label: "a:80" },
    { id: "workload east foo/sleep", kind: "workload", cluster: "east", label: "foo/sleep" },
  ],
  edges: [{ from: "workload east foo/sleep", to: "service a:80", verdict: "broken", codes: ["TRACE_HOST_UNKNOWN"] }],
};

test("a graph is Graphviz's language, with a box around each cluster", () => {
  expect(renderGraph(graph, "dot")).toBe(`digraph isthmus {
  rankdir=LR;
  subgraph cluster_0 {
    label="east";
    "workload east foo/sleep" [label="foo/sleep", shape=box];
  }
  "service a:80" [label="a:80", shape=ellipse];
  "workload east foo/sleep" -> "service a:80" [label="broken TRACE_HOST_UNKNOWN", color="#c62828"];
}
`);
});

test("a graph is a flowchart of Mermaid", () => {
  expect(renderGraph(graph, "mermaid")).toBe(`flowchart LR
  subgraph c0["east"]
    n1["foo/sleep"]
  end
  n0(["a:80"])
  n1 -->|"broken TRACE_HOST_UNKNOWN"| n0
  linkStyle 0 stroke:#c62828
`);
});

test("names end neither a text nor a line, and are not HTML or Markdown", () => {
  const label = '`<b>"a|b"\\#&\n';
  const hostile: Graph = { nodes: [{ id: label, kind: "service", label }], edges: [] };

  expect(renderGraph(hostile, "dot")).toContain('label="`<b>\\"a|b\\"\\\\#&\\\\u000a",');
  expect(renderGraph(hostile, "mermaid")).toBe('flowchart LR\n  n0(["#96;#60;b#62;#34;a|b#34;\\#35;#38;\\u000a"])\n');
});
