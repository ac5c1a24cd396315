import { type Place, say } from "../../findings/index.ts";
import { type IstioCluster, noteRead } from "../../istio/index.ts";
import {
  clusterObject,
  isNamedAsOurs,
  mcsGroup,
  ownerName,
  ownerOf,
  type Service,
  type ServiceExport,
} from "../../kinds/index.ts";
import { apiVersion, type MeshCluster, type SharedService, showDeclared } from "../../model/index.ts";
import { declaredPart, wholeCluster } from "../../world/index.ts";
import type { Surroundings } from "../declaration/compileContext.ts";
import { ExportReport } from "../declaration/exportReport.ts";
import type { ResolvedService } from "../sharedService/resolvedService.ts";
import { resolveServer } from "../sharedService/resolveSharedService.ts";
import { mergePorts } from "./exportedPorts.ts";

/** A Service that ServiceExports offer to all clusters, resolved like a declared one. */
export interface ExportedService extends ResolvedService {
  /** The oldest export. */
  readonly place: Place;
  /** Where its problems go. */
  readonly report: ExportReport;
  /** Those of the oldest export. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Export {
  readonly cluster: MeshCluster;
  readonly facts: IstioCluster;
  readonly object: ServiceExport;
}

const ownerKind = "ServiceExport";

/**
 * What the ServiceExports of all clusters offer, where `spec.mcs` of the Mesh asks for it (KEP-1645): exports of one name
 * and namespace are one service, served by all clusters that export it and consumed by all that have the namespace.
 */
export function resolveExports(surroundings: Surroundings): readonly ExportedService[] {
  const { intents } = surroundings;
  if (intents.mesh.spec.mcs === undefined) return [];
  const groups = exportsByService(surroundings);
  holdWhatIsUnseen(groups, surroundings);
  return [...groups.values()].flatMap((exports) => resolveExport(exports, surroundings) ?? []);
}

/** By `namespace/name`, the oldest export first. KEP-1645, "Conflict Resolution": precedence by age; creationTimestamp is data. */
function exportsByService({ intents, facts: allFacts, report }: Surroundings): ReadonlyMap<string, readonly Export[]> {
  const namespaces = intents.mesh.spec.mcs?.namespaces;
  const groups = new Map<string, Export[]>();
  for (const cluster of [...intents.clusters].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const facts = allFacts.get(cluster.metadata.name);
    if (facts === undefined) continue;
    if (facts.unread(mcsGroup, "ServiceExport") === "forbidden") {
      report.add(
        undefined,
        "CLUSTER_FORBIDDEN",
        { cluster: facts.name },
        say`cluster ${{ cluster: facts.name }}: we may not list serviceexports.${{ mcsGroup }}, which spec.mcs of the Mesh asks for`,
        say`Bind a ClusterRole with the rules {apiGroups: [${{ mcsGroup }}], resources: [serviceexports], verbs: [get, list, watch]}`,
      );
    }
    for (const object of facts.all("ServiceExport")) {
      const { namespace = "default", name, deletionTimestamp } = object.metadata;
      if (deletionTimestamp !== undefined || namespaces?.includes(namespace) === false) continue;
      const key = `${namespace}/${name}`;
      groups.set(key, [...(groups.get(key) ?? []), { cluster, facts, object }]);
    }
  }
  for (const exports of groups.values()) exports.sort(byAge);
  return groups;
}

function byAge(left: Export, right: Export): number {
  const [one, other] = [left, right].map(
    ({ object, facts }) => `${object.metadata.creationTimestamp ?? ""} ${facts.name}`,
  );
  return one === other ? 0 : (one ?? "") < (other ?? "") ? -1 : 1;
}

/** A cluster whose exports cannot be seen may export anything: what exports have made stays as it is. */
function holdWhatIsUnseen(
  groups: ReadonlyMap<string, readonly Export[]>,
  { intents, observed, facts, report }: Surroundings,
): void {
  const unseen = intents.clusters
    .map(({ metadata }) => metadata.name)
    .filter((name) => facts.get(name)?.unread(mcsGroup, "ServiceExport") === "forbidden" || !facts.has(name))
    .sort()[0];
  if (unseen === undefined) return;
  const reason = observed.unreachable.get(unseen)?.message ?? `the exports of ${unseen} cannot be read`;
  for (const [, [first]] of groups) if (first !== undefined) report.hold(ownerOfExport(first.object), reason);
  for (const { name, objects } of observed.clusters.values()) {
    noteRead(wholeCluster(name));
    for (const object of objects) {
      if (isNamedAsOurs(object) && ownerOf(object).startsWith(`${ownerKind}.`)) report.hold(ownerOf(object), reason);
    }
  }
}

function ownerOfExport({ metadata }: ServiceExport): string {
  return ownerName(ownerKind, metadata.namespace ?? "default", metadata.name);
}

function resolveExport(exports: readonly Export[], surroundings: Surroundings): ExportedService | undefined {
  const { facts: allFacts, report } = surroundings;
  const [oldest] = exports;
  if (oldest === undefined || isDeclared(exports, surroundings)) return undefined;
  const { namespace = "default", name } = oldest.object.metadata;
  const owner = ownerOfExport(oldest.object);
  const intent = intentOf(namespace, name);
  const place = placeOf(oldest.object, oldest.facts);
  const servers = exports.flatMap(({ cluster, facts, object }) => {
    if (!isExportable(object, facts, surroundings)) return [];
    const here = { ...surroundings, report: new ExportReport(report, placeOf(object, facts)) };
    const server = resolveServer(intent, { owner, service: name, cluster }, here);
    return server === undefined ? [] : [{ server, place: placeOf(object, facts) }];
  });
  const consumers = [...allFacts.values()]
    // "A namespace that does not exist in a cluster" is not an error: KEP-1645, "Importing Services".
    .filter(({ namespaces }) => namespaces.has(namespace))
    .map((facts) => ({ facts, namespaces: undefined }));
  return {
    intent,
    owner,
    namespace,
    service: name,
    servers: mergePorts(servers, report).toSorted((a, b) => (a.facts.name < b.facts.name ? -1 : 1)),
    consumers: consumers.sort((a, b) => (a.facts.name < b.facts.name ? -1 : 1)),
    place,
    report: new ExportReport(report, place),
    labels: oldest.object.spec?.exportedLabels ?? {},
    annotations: oldest.object.spec?.exportedAnnotations ?? {},
  };
}

function placeOf({ metadata }: ServiceExport, facts: IstioCluster): Place {
  return clusterObject(facts.name, { kind: "ServiceExport", metadata });
}

/** What was declared on purpose goes before what was found: both would open the same host at the same gateway. */
function isDeclared(exports: readonly Export[], { intents, report }: Surroundings): boolean {
  const { namespace, name } = exports[0]?.object.metadata ?? { name: "" };
  noteRead(declaredPart("SharedService"));
  const declared = intents.sharedServices.find(
    ({ metadata, spec }) => metadata.namespace === namespace && (spec.service ?? metadata.name) === name,
  );
  if (declared === undefined) return false;
  for (const { object, facts } of exports) {
    report.add(
      undefined,
      "EXPORT_IGNORED",
      placeOf(object, facts),
      say`Service ${{ namespace }}/${{ name }} is shared by ${{ declared: showDeclared(declared) }}, so its export from ${{ cluster: facts.name }} is not looked at`,
      "remove the SharedService, or the ServiceExport",
    );
  }
  return true;
}

/** Those that the KEP calls not valid, and headless ones, are not servers: the others go on. */
function isExportable({ metadata, ...rest }: ServiceExport, facts: IstioCluster, { report }: Surroundings): boolean {
  const service = facts.service(metadata.namespace ?? "default", metadata.name);
  const fault = faultOf(service);
  if (fault === undefined) return true;
  report.add(
    undefined,
    "EXPORT_INVALID",
    placeOf({ metadata, ...rest }, facts),
    say`${{ service: { kind: "Service", namespace: metadata.namespace, name: metadata.name } }} in ${{ cluster: facts.name }} ${{ what: fault.what }}, so it is not exported`,
    fault.hint,
  );
  return false;
}

function faultOf(service: Service | undefined): { readonly what: string; readonly hint: string } | undefined {
  // What we imported there ourselves serves nobody.
  if (service === undefined || isNamedAsOurs(service)) {
    return { what: "does not exist", hint: "create it, or remove the ServiceExport" };
  }
  const { type, clusterIP, selector = {} } = service.spec;
  if (type === "ExternalName") {
    return { what: "is of type ExternalName", hint: "declare an ExternalService for a destination outside the mesh" };
  }
  if (clusterIP === "None") {
    return { what: "is headless", hint: "export a Service with a ClusterIP: pods of other clusters have no way in" };
  }
  if (Object.keys(selector).length === 0) {
    return { what: "selects no pods", hint: "export a Service with a selector" };
  }
  return undefined;
}

function intentOf(namespace: string, name: string): SharedService {
  return {
    apiVersion,
    kind: "SharedService",
    metadata: { name, namespace },
    spec: { servedBy: [], consumers: [], as: ["Mesh"] },
  };
}
