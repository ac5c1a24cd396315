import type { DescribedServer } from "@isthmus/core/describe";
import type { DeclaredState, DescribedObject, DescribedPath, HostDescription } from "@isthmus/engine";
import { renderPath } from "./paths.ts";
import type { Style } from "./style.ts";
import { renderRows, renderTable } from "./table.ts";
import { wrap } from "./wrap.ts";

/** As `kubectl describe`: facts by name, then tables of what there is. */
export function renderDescription(found: HostDescription, style: Style): string {
  const states = [...found.sharedServices, ...found.externalAccesses, ...found.externalServices];
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ["Name", [found.name]],
    ["Declared", found.declarations.map(({ declaration, at }) => `${declaration}${at === "" ? "" : ` (${at})`}`)],
    ["State", states.map((each) => stateLine(each, style))],
    ["Hosts", found.hosts],
    ...(found.servers.length === 0 ? [] : [["Served by", found.servers.map(serverLine)] as const]),
  ];
  const tables = [
    section("Clusters", clusterTable(found, style), style),
    ...(found.servers.length === 0
      ? []
      : [
          section("Endpoints", endpointTable(found.servers, style), style),
          section("Policies", policyTable(found.servers, style), style),
        ]),
    section("Objects", objectTable(found.objects, style), style),
    section("Paths", found.paths.map((path) => pathLines(path, style)).join(""), style),
  ];
  const rows = facts.map(([name, lines]) => [style.strong(`${name}:`), lines.join("\n") || "-"]);
  return renderRows(rows, style) + tables.join("");
}

function section(title: string, text: string, style: Style): string {
  if (text === "") return `\n${style.strong(`${title}:`)} none\n`;
  return `\n${style.strong(`${title}:`)}\n${text}`;
}

function stateLine({ state, reason, name }: DeclaredState & { readonly name: string }, style: Style): string {
  const paint = { "in sync": style.good, "to apply": style.change, pending: style.warning }[state];
  return `${name}: ${paint(state)}${reason === undefined ? "" : `: ${reason}`}`;
}

function serverLine({ cluster, namespace, service, exists }: DescribedServer): string {
  return `${namespace}/${service} in ${cluster}${exists ? "" : ", which has no such Service"}`;
}

function clusterTable({ clusters }: HostDescription, style: Style): string {
  const rows = clusters.map(({ name, gateway, unreachable, trustRoots }) => [
    name,
    unreachable === undefined ? gateway.join("\n") || "-" : style.error("not read"),
    trustRoots.map(({ subject, notAfter }) => `${subject}, until ${notAfter.slice(0, 10)}`).join("\n") || "-",
  ]);
  return rows.length === 0 ? "" : renderTable(["CLUSTER", "EAST-WEST GATEWAY", "TRUSTED ROOT"], rows, style);
}

function endpointTable(servers: readonly DescribedServer[], style: Style): string {
  const rows = servers.flatMap(({ cluster, ports }) =>
    ports.flatMap(({ number, name, endpoints, isComplete }) => {
      const port = name === "" ? `${number}` : `${number} (${name})`;
      if (endpoints.length === 0) {
        return [
          [cluster, port, isComplete ? style.error("none") : style.warning("not told by a selector"), "-", "-", "-"],
        ];
      }
      return endpoints.map(({ object, address, isHealthy, hasProxy }) => [
        ...[cluster, port, `${object.kind} ${object.name}`, address],
        isHealthy === undefined ? "not told" : isHealthy ? style.good("healthy") : style.error("not healthy"),
        hasProxy ? "yes" : style.warning("no"),
      ]);
    }),
  );
  return rows.length === 0
    ? ""
    : renderTable(["CLUSTER", "PORT", "ENDPOINT", "ADDRESS", "HEALTH", "MTLS"], rows, style);
}

function policyTable(servers: readonly DescribedServer[], style: Style): string {
  const rows = servers.flatMap(({ policies }) =>
    policies.map(({ object: { cluster, kind, namespace, name }, says }) => [
      cluster,
      kind,
      `${namespace}/${name}`,
      says,
    ]),
  );
  return rows.length === 0 ? "" : renderTable(["CLUSTER", "KIND", "NAME", "SAYS"], rows, style);
}

function objectTable(objects: readonly DescribedObject[], style: Style): string {
  const rows = objects.map(({ cluster, kind, namespace, name, state, fields, reason }) => [
    ...[cluster, kind, namespace === undefined ? name : `${namespace}/${name}`],
    [paintState(state, style), ...(reason === undefined ? fields : [reason])].join("\n"),
  ]);
  return rows.length === 0 ? "" : renderTable(["CLUSTER", "KIND", "NAME", "STATE"], rows, style);
}

function paintState(state: DescribedObject["state"], style: Style): string {
  switch (state) {
    case "in place":
      return style.good(state);
    case "missing":
      return style.add(state);
    case "differs":
      return style.change(state);
    case "not declared any longer":
      return style.remove(state);
    case "left as it is":
      return style.faint(state);
  }
}

function pathLines({ path, verdict, why, assumes }: DescribedPath, style: Style): string {
  const notes = [...(why === undefined ? [] : [why]), ...assumes.map(({ detail }) => `assuming that ${detail}`)];
  const width = (style.columns ?? Number.POSITIVE_INFINITY) - 6;
  const lines = notes.flatMap((note) => wrap(note, width)).map((line) => `      ${line}\n`);
  return `  ${verdictSign(verdict, style)} ${renderPath(path, style)}\n${lines.join("")}`;
}

function verdictSign(verdict: DescribedPath["verdict"], style: Style): string {
  switch (verdict) {
    case "reaches":
      return style.good("✔");
    case "partly":
    case "broken":
      return style.error("✖");
    case "unknown":
      return style.warning("?");
  }
}
