import type { IstioCluster } from "./istioCluster.ts";
import { memoised } from "./memoised.ts";
import { topLevelDomains } from "./topLevelDomains.ts";

/** How the mesh names what it shares, and what is there to be named; what a name that nothing has may have been meant for. */
export interface NameScheme {
  /** `Mesh.spec.names`: hosts with {service}, {namespace} and {cluster}. */
  readonly templates: readonly string[];
  readonly clusters: ReadonlySet<string>;
  /** Of all clusters. */
  readonly namespaces: ReadonlySet<string>;
  /** Names of Services of all clusters, without their namespaces. */
  readonly services: ReadonlySet<string>;
  /** Host names that are known to resolve: of load balancers, and addresses that are declared. */
  readonly resolving: ReadonlySet<string>;
}

/**
 * - `ours`: it was meant for the mesh or the cluster; where nothing has it, DNS has no such host;
 * - `outside`: the world's DNS may have it; `untold`: so may a private one, or it was meant for the mesh.
 */
export type NameOrigin = "ours" | "outside" | "untold";

/** Nobody can have a name there (RFC 6761, RFC 7686, RFC 9476). */
const reserved: ReadonlySet<string> = new Set(["test", "example", "invalid", "localhost", "onion", "alt"]);

export function isReserved(name: string): boolean {
  return reserved.has(name.split(".").at(-1) ?? "");
}

/** What a name is one of, that no object of a cluster has: lower case, without the dot at its end. */
export function nameOrigin(cluster: IstioCluster, name: string): NameOrigin {
  const scheme = cluster.scheme ?? ownScheme(cluster);
  if (scheme.resolving.has(name)) return "outside";
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  if (labels.length < 2 || last === "svc" || last === "clusterset" || isReserved(name)) return "ours";
  if (name.endsWith(`.${cluster.settings.clusterDomain}`) || name.endsWith(".clusterset.local")) return "ours";
  const isOfWorld = topLevelDomains.has(last) || last.startsWith("xn--");
  if (isShort(labels, scheme)) return "ours";
  const found = ofTemplates(labels, scheme);
  if (!isOfWorld) return found !== undefined || isNear(labels, scheme) || !/^[a-z]+$/.test(last) ? "ours" : "untold";
  if (found === undefined) return "outside";
  // A cluster may be called `eu`: `www.example.eu` is hardly one of its names, `api.shop.eu` is.
  return found === "known" ? "ours" : "untold";
}

/** Without declarations: Istio's names alone. */
const ownScheme = memoised(
  (cluster: IstioCluster): NameScheme => ({
    templates: [],
    clusters: new Set([cluster.name]),
    namespaces: new Set(cluster.namespaces.keys()),
    services: new Set(cluster.all("Service").map(({ metadata }) => metadata.name)),
    resolving: new Set<string>(),
  }),
);

/** `httpbin.bar` is meant for namespace bar, though the world has a domain of that name, and `db-0.db.shop` for a Service's pod. */
function isShort(labels: readonly string[], { namespaces, services }: NameScheme): boolean {
  if (!namespaces.has(labels.at(-1) ?? "")) return false;
  return labels.length === 2 || (labels.length === 3 && services.has(labels[1] ?? ""));
}

/** A name of no domain of the world's that begins as `service.namespace`, or ends in a cluster's name: one with a typo. */
function isNear(labels: readonly string[], { namespaces, services, clusters }: NameScheme): boolean {
  const [first = "", second = ""] = labels;
  return namespaces.has(second) || services.has(first) || clusters.has(labels.at(-1) ?? "");
}

/** `known`: it is of the form of a template, and its namespace (or its Service, where there is none) is there. */
function ofTemplates(labels: readonly string[], scheme: NameScheme): "known" | "form" | undefined {
  const found = scheme.templates.flatMap((template) => ofTemplate(labels.join("."), template, scheme) ?? []);
  return found.includes("known") ? "known" : found[0];
}

function ofTemplate(name: string, template: string, scheme: NameScheme): "known" | "form" | undefined {
  const { namespaces, services, clusters } = scheme;
  const pattern = template
    .replace(/[.+*?^$()[\]\\|]/g, "\\$&")
    .replace("{service}", "(?<service>[a-z0-9-]+)")
    .replace("{namespace}", "(?<namespace>[a-z0-9-]+)")
    .replace("{cluster}", `(?<cluster>${[...clusters].map((each) => each.replaceAll(".", "\\.")).join("|")})`);
  // A placeholder may stand twice; the first counts.
  const groups = new RegExp(`^${pattern.replace(/\{\w+\}/g, "[a-z0-9.-]+")}$`).exec(name)?.groups;
  if (groups === undefined) return undefined;
  const { service = "", namespace } = groups;
  return (namespace === undefined ? services.has(service) : namespaces.has(namespace)) ? "known" : "form";
}
