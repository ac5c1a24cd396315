import {
  type Answer,
  type Caller,
  isOutside,
  isPathOf,
  type PathRow,
  type Reachability,
  showCallerName,
  type Target,
} from "@isthmus/core/reachability";
import type { Graph, GraphEdge, GraphNode } from "@isthmus/core/trace";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { lineText } from "./terminalText.ts";

/** Rows that a table has unless all are asked for. */
const mostRows = 60;
/** Names of one cell. */
const mostNames = 3;

interface TableOptions {
  readonly style: Style;
  readonly isWide: boolean;
  readonly isWhole: boolean;
  /** All that were asked about. */
  readonly callers: readonly Caller[];
}

/** The matrix for people: callers and hosts that are alike share a row. */
export function pathsTable(rows: readonly PathRow[], { style, isWide, isWhole, callers }: TableOptions): string {
  if (rows.length === 0) return "No path is like that.\n";
  const shown = isWhole ? rows : rows.slice(0, mostRows);
  const names = isWhole || isWide ? Number.POSITIVE_INFINITY : mostNames;
  const cells = shown.map((row) => [
    row.isRest ? `all others (${row.callers.length})` : callerWords(row.callers, callers, names),
    lineText(targetWords(row.targets, names)),
    lineText(row.requests),
    painted(row.answer, style),
    ...(isWide ? [placesOf(row.answer), row.answer.why ?? ""].map(lineText) : []),
  ]);
  const head = ["FROM", "TO", "REQUESTS", "ANSWER", ...(isWide ? ["ANSWERED BY", "WHY"] : [])];
  const rest = rows.length - shown.length;
  const note = rest === 0 ? "" : style.faint(`… and ${rest} rows more: --all, or narrow them with --from, --to, -n.\n`);
  return `${renderTable(head, cells, style)}${note}${untoldLines(rows, style)}`;
}

/** One line for each caller, host and class of requests: for a sheet. */
export function pathsCsv(rows: readonly PathRow[]): string {
  const head =
    "cluster,namespace,workload,serviceAccount,host,port,scheme,requests,verdict,outcome,mutualTls,answeredBy,code,object";
  const lines = [`${head}\n`];
  for (const { callers, targets, requests, answer } of rows) {
    const { verdict, outcome, mutualTls, code, object } = answer;
    const after = [
      requests,
      verdict,
      outcome,
      mutualTls,
      placesOf(answer),
      code,
      object === undefined ? "" : showObject(object),
    ];
    const ending = after.map(field).join(",");
    for (const { host, port, scheme } of targets) {
      for (const { cluster, namespace, workload, serviceAccount } of callers) {
        lines.push(
          `${[cluster, namespace, workload, serviceAccount, host, port, scheme].map(field).join(",")},${ending}\n`,
        );
      }
    }
  }
  return lines.join("");
}

/** The same for programs; it has its schema in docs/schema. */
export function pathsData(rows: readonly PathRow[], { callers }: Reachability): object {
  return {
    callers: callers.map(({ from: _, cluster, namespace, workload, serviceAccount, pods, region, zone }) => ({
      cluster,
      namespace,
      workload,
      serviceAccount,
      pods,
      region,
      zone,
    })),
    paths: rows.map(({ callers: own, targets, requests, answer, untold }) => ({
      from: own.map(showCallerName),
      to: targets.map(({ host, port, scheme }) => ({ host, port, scheme })),
      requests,
      answer,
      untold,
    })),
  };
}

/** Namespaces and how requests between them fare: what a picture has room for. */
export function pathsGraph(rows: readonly PathRow[]): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const node = (each: GraphNode) => {
    nodes.set(each.id, each);
    return each.id;
  };
  for (const { callers, targets, answer } of rows) {
    const froms = new Set(callers.map((caller) => node(nodeOf(caller))));
    const tos = new Set(
      targets.map(({ host }) => node({ id: `host ${placeOfHost(host)}`, kind: "service", label: placeOfHost(host) })),
    );
    for (const from of froms) {
      for (const to of tos) {
        const key = JSON.stringify([from, to, answer.verdict]);
        const codes = [
          ...new Set([...(edges.get(key)?.codes ?? []), ...(answer.code === undefined ? [] : [answer.code])]),
        ];
        edges.set(key, { from, to, verdict: answer.verdict, codes: codes.sort() });
      }
    }
  }
  const sorted = <T>(map: ReadonlyMap<string, T>) =>
    [...map].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
  return { nodes: sorted(nodes), edges: sorted(edges) };
}

/** The part of the matrix that has an end in one of the namespaces. */
export function narrowed(reach: Reachability, namespaces: readonly string[]): Reachability {
  if (namespaces.length === 0) return reach;
  const targets = reach.targets.map(({ target, groups }) => ({
    target,
    groups: groups
      .map((group) => ({ ...group, callers: group.callers.filter((caller) => isPathOf(namespaces, caller, target)) }))
      .filter(({ callers }) => callers.length > 0),
  }));
  return { ...reach, targets };
}

/** `all 1,000 workloads`, `namespace foo (20), sleep.bar@cluster1`. */
export function callerWords(callers: readonly Caller[], all: readonly Caller[], most: number): string {
  const inside = all.filter((each) => !isOutside(each));
  if (callers.length > 3 && callers.length === all.length) return `all ${callers.length} callers`;
  if (callers.length > 3 && callers.length === inside.length && !callers.some(isOutside))
    return `all ${callers.length} workloads`;
  const names = [...byPlace(callers)].flatMap(([place, own]) => {
    const known = inside.filter((each) => placeOf(each) === place).length;
    return own.length > 1 && own.length === known ? [`*.${place} (${own.length})`] : own.map(showCallerName);
  });
  return listed([...new Set(names)], most);
}

export function targetWords(targets: readonly Target[], most: number): string {
  if (targets.length > 3 && targets.length > most) {
    const places = new Set(targets.map(({ host }) => placeOfHost(host)));
    return places.size === 1
      ? `${targets.length} in ${[...places][0]}`
      : `${targets.length} hosts in ${places.size} namespaces`;
  }
  return listed(
    targets.map(({ host, port }) => `${shortHost(host)}:${port}`),
    most,
  );
}

/** `answered`, `answered in plain text`, `403 TRACE_DENIED`, `unknown`. */
export function answerWords({ verdict, outcome, mutualTls, code }: Answer): string {
  const plain = mutualTls === false ? ", no mutual TLS" : "";
  switch (verdict) {
    case "reaches":
      return `${outcome}${plain}`;
    case "partly":
      return `partly: ${outcome}${plain}`;
    default:
      return [outcome, code].filter((each) => each !== undefined).join(" ");
  }
}

export function placesOf({ to }: Answer): string {
  return to
    .map(({ cluster, namespace, name, share }) => {
      const where = cluster === undefined ? name : `${name}.${namespace}@${cluster}`;
      return share < 0.999 ? `${where} ${Math.round(share * 1000) / 10}%` : where;
    })
    .join(", ");
}

function painted(answer: Answer, style: Style): string {
  const words = lineText(answerWords(answer));
  return answer.verdict === "reaches"
    ? style.good(words)
    : answer.verdict === "broken"
      ? style.remove(words)
      : style.warning(words);
}

function untoldLines(rows: readonly PathRow[], style: Style): string {
  const all = [...new Set(rows.flatMap(({ untold }) => untold))].sort();
  return all.map((why) => style.warning(`Not all requests could be tried: ${lineText(why)}\n`)).join("");
}

function byPlace(callers: readonly Caller[]): ReadonlyMap<string, readonly Caller[]> {
  const found = new Map<string, Caller[]>();
  for (const caller of callers) found.set(placeOf(caller), [...(found.get(placeOf(caller)) ?? []), caller]);
  return found;
}

function placeOf({ namespace = "", cluster }: Caller): string {
  return `${namespace}@${cluster}`;
}

function nodeOf(caller: Caller): GraphNode {
  const { cluster, namespace } = caller;
  if (namespace === undefined) return { id: `outside ${cluster}`, kind: "outside", label: `outside@${cluster}` };
  return { id: `from ${placeOf(caller)}`, kind: "workload", cluster, label: namespace };
}

/** A Service's namespace; other names as they are. */
function placeOfHost(host: string): string {
  const [, namespace, svc] = host.split(".");
  return svc === "svc" && namespace !== undefined ? namespace : host;
}

function shortHost(host: string): string {
  return host.replace(/\.svc\.cluster\.local$/, "");
}

/** `a, b and 3 more` */
export function listed(names: readonly string[], most: number): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

function showObject({
  kind,
  namespace,
  name,
}: {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** RFC 4180; what a sheet would take for a formula is told to be text. */
function field(value: unknown): string {
  const text = value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
