import type {
  ClusterStatus,
  DeclaredState,
  ExternalAccessStatus,
  ExternalServiceStatus,
  LinkStatus,
  MeshStatus,
  SharedServiceStatus,
} from "@isthmus/engine";
import { renderUndeclared } from "./plan.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

/** Tables: the clusters as observed, and how what is declared stands, a table for each kind that there is. */
export function renderStatus(
  report: MeshStatus,
  terminal: Style,
  { isWide = false }: { readonly isWide?: boolean } = {},
): string {
  const style = isWide ? { ...terminal, columns: undefined } : terminal;
  const tables = [renderClusters(report.clusters, style, { isWide })];
  if (report.links.length > 0) tables.push(renderLinks(report.links, style));
  if (report.sharedServices.length > 0) tables.push(renderSharedServices(report.sharedServices, style));
  if (report.externalAccesses.length > 0) tables.push(renderExternalAccesses(report.externalAccesses, style));
  if (report.externalServices.length > 0) tables.push(renderExternalServices(report.externalServices, style));
  const reasons = [...report.sharedServices, ...report.externalAccesses, ...report.externalServices].flatMap(
    ({ name, state, reason, paths: { why } }) => {
      // Before an apply nothing works, which is not news.
      const told = reason ?? (state === "to apply" ? undefined : why);
      return told === undefined ? [] : [`${style.warning(name)}: ${told}\n`];
    },
  );
  if (reasons.length > 0) tables.push(reasons.join(""));
  if (report.undeclared.length > 0) tables.push(renderUndeclared(report.undeclared, style));
  return tables.join("\n");
}

/** What is declared, as other commands take it: `isthmus verify $(isthmus status -o name)`. */
export function renderNames(report: MeshStatus): string {
  const all = [...report.sharedServices, ...report.externalAccesses, ...report.externalServices];
  return [...new Set(all.map(({ name }) => name))].map((name) => `${name}\n`).join("");
}

function renderLinks(links: readonly LinkStatus[], style: Style): string {
  const rows = links.map(({ from, to, paths }) => [from, to, renderPaths({ paths }, style)]);
  return renderTable(["FROM", "TO", "PATHS"], rows, style);
}

/** Wide: with whole fingerprints, and how each cluster is reached. */
export function renderClusters(
  clusters: readonly ClusterStatus[],
  style: Style,
  { isWide = false }: { readonly isWide?: boolean } = {},
): string {
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.unreachable === undefined ? (cluster.version ?? cluster.source) : style.error("not read"),
    listed(cluster.istiodVersions),
    listed(cluster.gateway),
    listed(isWide ? cluster.trustRoots : cluster.trustRoots.map(shortFingerprint)),
    cluster.unreachable === undefined ? String(cluster.owned) : "-",
    ...(isWide ? [cluster.access] : []),
  ]);
  const head = ["CLUSTER", "VERSION", "ISTIOD", "EAST-WEST GATEWAY", "TRUST ROOT", "OBJECTS"];
  return renderTable(isWide ? [...head, "ACCESS"] : head, rows, style);
}

function renderSharedServices(services: readonly SharedServiceStatus[], style: Style): string {
  const rows = services.map((service) => [
    service.exported === true ? `${service.name} (exported)` : service.name,
    listed(service.hosts),
    listed(service.servedBy),
    listed(service.consumers),
    renderPaths(service, style),
    renderState(service, style),
  ]);
  return renderTable(["SHARED SERVICE", "HOSTS", "SERVED BY", "CONSUMERS", "PATHS", "STATE"], rows, style);
}

function renderExternalAccesses(accesses: readonly ExternalAccessStatus[], style: Style): string {
  const rows = accesses.map((access) => [
    access.name,
    listed(access.hosts),
    listed(access.clusters),
    renderPaths(access, style),
    renderState(access, style),
  ]);
  return renderTable(["EXTERNAL ACCESS", "HOSTS", "CLUSTERS", "PATHS", "STATE"], rows, style);
}

function renderExternalServices(services: readonly ExternalServiceStatus[], style: Style): string {
  const rows = services.map((service) => [
    service.name,
    listed(service.hosts),
    service.via ?? "-",
    listed(service.consumers),
    renderPaths(service, style),
    renderState(service, style),
  ]);
  return renderTable(["EXTERNAL SERVICE", "HOSTS", "VIA", "CONSUMERS", "PATHS", "STATE"], rows, style);
}

function renderState({ state }: DeclaredState, style: Style): string {
  switch (state) {
    case "in sync":
      return style.good(state);
    case "to apply":
      return style.change(state);
    case "pending":
      return style.warning(state);
  }
}

/** `3 work`, `1 of 3 broken`: on paper, as the clusters are now. */
function renderPaths({ paths: { works, broken, unknown } }: Pick<DeclaredState, "paths">, style: Style): string {
  const all = works + broken + unknown;
  if (all === 0) return "-";
  const faults = [
    ...(broken === 0 ? [] : [style.error(`${broken} of ${all} broken`)]),
    ...(unknown === 0 ? [] : [style.warning(`${unknown} of ${all} unknown`)]),
  ];
  return faults.length === 0 ? style.good(`${works} work${works === 1 ? "s" : ""}`) : faults.join("\n");
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? "-" : values.join("\n");
}

// Enough to see whether two clusters trust the same root; `-o json` has the whole.
const shortLength = 12;

function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, shortLength);
}
