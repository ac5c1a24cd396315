import { matchTold, podLabels, spiffeId, type Workload } from "../../istio/index.ts";
import { workloadsBehind } from "../../istio/registry/index.ts";
import { dnsLabel } from "../../kinds/index.ts";
import type { ResolvedService, Server } from "./resolvedService.ts";

/** What tells a version's pods from the others behind the Service. */
export type VersionLabels = Readonly<Record<string, string>>;

/** A part of a shared service that calls can be sent to: all that one cluster has of it, or one version there. */
export interface Part {
  readonly cluster: string;
  readonly labels?: VersionLabels;
}

/** The versions that the declaration tells apart at a server, each once, in one order always. */
export function versionsAt({ intent }: ResolvedService, server: Server): readonly VersionLabels[] {
  const { split = [], match = [] } = intent.spec.traffic ?? {};
  const cluster = server.facts.name;
  const mentions = [
    ...split.filter((entry) => entry.cluster === cluster),
    ...match.map(({ to }) => to).filter((to) => to.cluster === undefined || to.cluster === cluster),
  ];
  return distinct(mentions).filter((labels) => isPossible(server, labels));
}

/** Labels that contradict the Service's selector choose none of its pods. */
function isPossible({ service }: Server, labels: VersionLabels): boolean {
  return Object.entries(service.spec.selector ?? {}).every(([key, value]) => (labels[key] ?? value) === value);
}

/** The pods with a sidecar of a part; also those of which the labels that istiod adds are not to be seen. */
export function podsOf({ facts, service }: Server, labels: VersionLabels = {}): readonly Workload[] {
  return workloadsBehind(facts, service).filter(
    (workload) => workload.isMutualTls && matchTold(labels, podLabels(facts, workload)) !== false,
  );
}

/** A DNS label: `v1` for `version: v1`, with a hash where that would name two versions of the service. */
export function versionName({ intent }: ResolvedService, labels: VersionLabels): string {
  const { split = [], match = [] } = intent.spec.traffic ?? {};
  const all = distinct([...split, ...match.map(({ to }) => to)]);
  const plain = valuesOf(labels);
  const isPlain = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(plain);
  if (isPlain && all.filter((other) => valuesOf(other) === plain).length <= 1) return plain;
  return dnsLabel([plain.slice(0, 30)], [versionKey(labels)]);
}

/** The same for equal labels, whatever their order. */
export function versionKey(labels: VersionLabels): string {
  return JSON.stringify(Object.entries(inOrder(labels)));
}

export function valuesOf(labels: VersionLabels): string {
  return Object.values(inOrder(labels)).join("-");
}

function distinct(mentions: readonly { readonly labels?: VersionLabels }[]): readonly VersionLabels[] {
  const versions = mentions.flatMap(({ labels }) => (labels === undefined ? [] : [labels]));
  return [...new Map(versions.map((labels) => [versionKey(labels), inOrder(labels)]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, labels]) => labels);
}

/** The labels sorted, so that the order in the declaration shows nowhere. */
function inOrder(labels: VersionLabels): VersionLabels {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SPIFFE IDs that a server, or one version there, may show. https://istio.io/latest/docs/reference/config/security/#identity */
export function identities(shared: ResolvedService, server: Server, version?: VersionLabels): readonly string[] {
  const accounts =
    version === undefined
      ? server.serviceAccounts
      : [...new Set(podsOf(server, version).map(({ serviceAccount }) => serviceAccount))]
          .filter((account) => account !== "")
          .sort();
  return accounts.map((account) => spiffeId(server.facts.settings.trustDomain, shared.namespace, account));
}
