import type { Graph, GraphEdge, GraphNode, TraceVerdict } from "@isthmus/core/trace";
import { lineText } from "./terminalText.ts";

const graphFormats = ["dot", "mermaid"] as const;
type GraphFormat = (typeof graphFormats)[number];

export function isGraphFormat(format: string | undefined): format is GraphFormat {
  return graphFormats.some((each) => each === format);
}

/** A graph for Graphviz (`dot -Tsvg`) or for Mermaid, as in a page of GitHub. */
export function renderGraph(graph: Graph, format: GraphFormat): string {
  return format === "dot" ? renderDot(graph) : renderMermaid(graph);
}

const colors: Readonly<Record<TraceVerdict, string>> = {
  reaches: "#2e7d32",
  partly: "#b26a00",
  broken: "#c62828",
  unknown: "#757575",
};

function renderDot({ nodes, edges }: Graph): string {
  const node = ({ id, kind, label }: GraphNode) =>
    `${quoted(id)} [label=${quoted(label)}, shape=${kind === "service" ? "ellipse" : "box"}];`;
  const clusters = clustersOf(nodes).map((cluster, index) => {
    const inside = nodes.filter((each) => each.cluster === cluster).map((each) => `    ${node(each)}\n`);
    return `  subgraph cluster_${index} {\n    label=${quoted(cluster)};\n${inside.join("")}  }\n`;
  });
  const outside = nodes.filter(({ cluster }) => cluster === undefined).map((each) => `  ${node(each)}\n`);
  const lines = edges.map(
    (edge) =>
      `  ${quoted(edge.from)} -> ${quoted(edge.to)} [label=${quoted(labelOf(edge))}, color=${quoted(colors[edge.verdict])}];\n`,
  );
  return `digraph isthmus {\n  rankdir=LR;\n${[...clusters, ...outside, ...lines].join("")}}\n`;
}

function renderMermaid({ nodes, edges }: Graph): string {
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const idOf = (id: string) => ids.get(id) ?? "";
  const node = ({ id, kind, label }: GraphNode) =>
    kind === "service" ? `${idOf(id)}([${escaped(label)}])` : `${idOf(id)}[${escaped(label)}]`;
  const clusters = clustersOf(nodes).map((cluster, index) => {
    const inside = nodes.filter((each) => each.cluster === cluster).map((each) => `    ${node(each)}\n`);
    return `  subgraph c${index}[${escaped(cluster)}]\n${inside.join("")}  end\n`;
  });
  const outside = nodes.filter(({ cluster }) => cluster === undefined).map((each) => `  ${node(each)}\n`);
  const lines = edges.map((edge) => `  ${idOf(edge.from)} -->|${escaped(labelOf(edge))}| ${idOf(edge.to)}\n`);
  const styles = edges.map((edge, index) => `  linkStyle ${index} stroke:${colors[edge.verdict]}\n`);
  return `flowchart LR\n${[...clusters, ...outside, ...lines, ...styles].join("")}`;
}

function clustersOf(nodes: readonly GraphNode[]): readonly string[] {
  return [...new Set(nodes.flatMap(({ cluster }) => cluster ?? []))].sort();
}

function labelOf({ verdict, codes }: GraphEdge): string {
  return [verdict, ...codes].join(" ");
}

function quoted(text: string): string {
  return `"${lineText(text).replace(/["\\]/g, "\\$&")}"`;
}

/** Mermaid takes entity codes where a text would end early, or be HTML or Markdown. */
function escaped(text: string): string {
  return `"${lineText(text).replace(/[#"<>&`]/g, (sign) => `#${sign.charCodeAt(0)};`)}"`;
}
