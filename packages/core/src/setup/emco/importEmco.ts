import { say } from "../../findings/index.ts";
import { apiVersion, type InputFile, type Path, readIntent, type WrittenIntent } from "../../model/index.ts";
import { hasErrors, makeProblem, type Problem } from "../../problem.ts";
import { type InboundTree, importInbound } from "./emcoInbound.ts";
import { importOutbound, type OutboundTree } from "./emcoOutbound.ts";
import { type EmcoOptions, EmcoPlacement } from "./emcoPlacement.ts";
import { type EmcoKind, type EmcoResource, emcoProblem } from "./emcoResource.ts";
import { mergeShared } from "./mergeShared.ts";
import { readEmco } from "./readEmco.ts";

/**
 * The traffic intents of EMCO (https://project-emco.io), the system that Isthmus comes after, as our declarations: inbound
 * intents with clients and access points, outbound intents with their servers. All that cannot be carried over is a problem
 * with file, line and column; with any error there are no declarations. Certificates and keys are never part of the result.
 */
export function importEmco(
  files: readonly InputFile[],
  options: EmcoOptions = {},
): { readonly intents: readonly WrittenIntent[]; readonly problems: readonly Problem[] } {
  const { resources, problems: unread } = readEmco(files);
  const placement = new EmcoPlacement(resources, options);
  const names = new ClusterNames();
  const { inbound, outbound, problems: orphans } = trees(resources);
  const made = [
    ...inbound.map((tree) => ({ of: tree.server, ...importInbound(tree, placement, names.of) })),
    ...outbound.map((tree) => ({ of: tree.client, ...importOutbound(tree, placement, names.of) })),
  ];
  const intents = mergeShared(made.flatMap((each) => each.intents));
  const problems = [
    ...unread,
    ...placement.problems,
    ...orphans,
    ...made.flatMap((each) => [...each.problems, ...each.intents.flatMap((intent) => faults(intent, each.of))]),
  ];
  if (problems.length === 0 && intents.length === 0) problems.push(nothingFound(files));
  if (hasErrors(problems)) return { intents: [], problems };
  return {
    intents: [
      ...meshOf(names.all, placement),
      ...names.all.map((cluster) => meshCluster(cluster, placement)),
      ...intents,
    ],
    problems,
  };
}

/** How clusters are called here: as EMCO does, as far as a cluster's name may hold it. */
class ClusterNames {
  readonly #names = new Map<string, string>();

  readonly of = (cluster: string): string => {
    const name = cluster.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    this.#names.set(name, cluster);
    return name;
  };

  get all(): readonly { readonly name: string; readonly cluster: string }[] {
    return [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, cluster]) => ({ name, cluster }));
  }
}

type Cluster = ClusterNames["all"][number];

/** EMCO's names of services have the provider before the cluster. */
function meshOf(clusters: readonly Cluster[], placement: EmcoPlacement): readonly WrittenIntent[] {
  const providers = new Set(clusters.map(({ cluster }) => placement.providerOf(cluster)));
  const [provider] = providers;
  if (provider === undefined || providers.size > 1) return [];
  const perCluster = `{service}.{namespace}.${provider.toLowerCase()}.{cluster}`;
  return [{ apiVersion, kind: "Mesh", metadata: { name: "mesh" }, spec: { names: { perCluster } } }];
}

function meshCluster({ name, cluster }: Cluster, placement: EmcoPlacement): WrittenIntent {
  const value = (key: string) => placement.keyValue(cluster, `istioIngressGateway${key}`);
  const number = (key: string) => {
    const found = Number(value(key));
    return Number.isInteger(found) && found > 0 ? found : undefined;
  };
  const [address, external, internal] = [value("Address"), number("Port"), number("InternalPort")];
  const [https, http] = [number("HttpsPort"), number("HttpPort")];
  return {
    apiVersion,
    kind: "MeshCluster",
    metadata: { name },
    spec: {
      eastWestGateway: {
        ...(internal === undefined ? {} : { port: internal }),
        ...(address === undefined || external === undefined ? {} : { addresses: [`${address}:${external}`] }),
      },
      ingressGateway: {
        ...(https === undefined ? {} : { port: https }),
        ...(http === undefined ? {} : { httpPort: http }),
      },
    },
  };
}

/** Which belongs to which: by the anchor, or where a file does not say, by the only one in the same file. */
function trees(resources: readonly EmcoResource[]): {
  readonly inbound: readonly InboundTree[];
  readonly outbound: readonly OutboundTree[];
  readonly problems: readonly Problem[];
} {
  const of = (kind: EmcoKind) => resources.filter((resource) => resource.kind === kind);
  const problems: Problem[] = [];
  const childrenOf = (kind: EmcoKind, parents: readonly EmcoResource[], what: string) => {
    const children = new Map<EmcoResource, EmcoResource[]>(parents.map((parent) => [parent, []]));
    for (const child of of(kind)) {
      const parent = parentOf(child, parents);
      if (parent === undefined) problems.push(orphan(child, what));
      else children.get(parent)?.push(child);
    }
    return children;
  };
  const clients = childrenOf("clients", of("inbound-intents"), "inbound intent");
  const accessPoints = childrenOf("access-points", of("clients"), "client");
  const servers = childrenOf("server", of("outbound-intents"), "outbound intent");
  return {
    inbound: [...clients].map(([server, list]) => ({
      server,
      clients: list.map((client) => ({ client, accessPoints: accessPoints.get(client) ?? [] })),
    })),
    outbound: [...servers].map(([client, list]) => ({ client, servers: list })),
    problems,
  };
}

function parentOf(child: EmcoResource, parents: readonly EmcoResource[]): EmcoResource | undefined {
  if (child.anchor !== undefined) {
    const path = child.anchor.slice(0, -1).join("/");
    const found = parents.find(({ anchor, name }) => anchor !== undefined && [...anchor, name].join("/") === path);
    if (found !== undefined) return found;
  }
  const near = parents.filter(({ document }) => document.file === child.document.file);
  return near.length === 1 ? near[0] : undefined;
}

function orphan(child: EmcoResource, what: string): Problem {
  return emcoProblem(
    child,
    "FIELD_MISSING",
    ["metadata", "name"],
    say`which ${what} ${{ name: child.name }} belongs to is not known`,
    `give the file of the ${what} as well, or keep one ${what} with all that belongs to it in a file`,
  );
}

/** What EMCO takes and we do not, such as a path or a host. */
function faults(intent: WrittenIntent, source: EmcoResource): readonly Problem[] {
  const place: Path = ["metadata", "name"];
  return (readIntent(intent).mistakes ?? []).map(({ code, path, message, hint }) =>
    emcoProblem(
      source,
      code,
      place,
      say`${{ kind: intent.kind }} ${{ name: intent.metadata.name }} ${{ path: path.join(".") }}: ${message}`,
      hint,
    ),
  );
}

function nothingFound(files: readonly InputFile[]): Problem {
  const names = files.map(({ name }) => name);
  return makeProblem({
    code: "NO_INTENTS",
    at: { file: names[0] ?? "input", line: 1, column: 1 },
    message: say`no traffic intent of EMCO in ${{ names }}`,
    hint: "name the files with inbound or outbound intents, clients and access points",
  });
}
