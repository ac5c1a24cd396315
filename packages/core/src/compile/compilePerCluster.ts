import { isOurs } from "../kinds/ownership.ts";
import { at } from "../model/intents.ts";
import { type AddressPool, allocateVips, contains, parseAddressPool, type VipDemand } from "./allocateVips.ts";
import { claimOfHost, exactRule } from "./claims.ts";
import { type CompileContext, declaredPath, identities } from "./compileContext.ts";
import { hostName } from "./hostName.ts";
import { type Placement, perClusterDestinationRule, perClusterServiceEntry } from "./perCluster.ts";
import { passthroughHost } from "./serverSide.ts";
import type { Consumer, Server, Share } from "./share.ts";

/** One name in one consuming cluster that leads to one serving cluster. */
interface NamedImport {
  readonly share: Share;
  readonly server: Server;
  readonly consumer: Consumer;
  readonly host: string;
}

/** Names of the form `httpbin.bar.cluster2` for all shares that ask for them. */
export function compilePerCluster(
  shares: readonly Share[],
  trusted: (consumer: Consumer, server: Server, share: Share) => boolean,
  context: CompileContext,
): void {
  const wanted = shares
    .filter(({ intent }) => intent.spec.as.includes("PerCluster"))
    .flatMap((share) => namedImports(share, trusted, context));
  if (wanted.length === 0) return;
  const imports = withoutClashes(wanted, context);
  const pool = parseAddressPool(context.mesh.spec.addressPool);
  if (typeof pool === "string") {
    for (const { share } of imports) {
      context.report.add(
        share.owner,
        "VIP_POOL_INVALID",
        at(context.mesh, "spec", "addressPool"),
        pool,
        "name a range that nothing routes, such as 240.0.0.0/16",
      );
    }
    return;
  }
  const { vips, exhausted } = allocateVips(pool, demands(imports, pool));
  const left = new Set(exhausted.map(({ cluster, host }) => `${cluster} ${host}`));
  for (const named of imports) {
    const { share, consumer, host } = named;
    const vip = vips.get(consumer.facts.name)?.get(host);
    if (vip !== undefined) emitImport(named, vip, context);
    else if (left.has(`${consumer.facts.name} ${host}`)) {
      context.report.add(
        share.owner,
        "VIP_POOL_EXHAUSTED",
        at(share.intent, "spec", "as"),
        `no address of ${context.mesh.spec.addressPool} is left for ${host} in ${consumer.facts.name}`,
        "make spec.addressPool of the Mesh larger: addresses in use stay as they are",
      );
    }
  }
}

function namedImports(
  share: Share,
  trusted: (consumer: Consumer, server: Server, share: Share) => boolean,
  { mesh, report }: CompileContext,
): readonly NamedImport[] {
  return share.servers.flatMap((server) => {
    const template = mesh.spec.names.perCluster;
    const host = hostName(template, {
      service: share.service,
      namespace: share.namespace,
      cluster: server.facts.name,
    });
    if (host === undefined) {
      report.add(
        share.owner,
        "NAME_TEMPLATE_INVALID",
        at(mesh, "spec", "names", "perCluster"),
        `${template} yields no valid host name for ${share.namespace}/${share.service} in ${server.facts.name}`,
        "a host name has at most 253 characters and 63 between dots",
      );
      return [];
    }
    return share.consumers
      .filter((consumer) => trusted(consumer, server, share))
      .map((consumer) => ({ share, server, consumer, host }));
  });
}

/** Reports every declaration that claims a host which another one, or an object of the user, claims in the same cluster. */
function withoutClashes(imports: readonly NamedImport[], context: CompileContext): readonly NamedImport[] {
  const claimants = new Map<string, Set<string>>();
  for (const { share, server, consumer, host } of imports) {
    const key = `${consumer.facts.name} ${host}`;
    const claim = `${share.owner} ${server.facts.name}`;
    const others = claimants.get(key);
    if (others === undefined) claimants.set(key, new Set([claim]));
    else others.add(claim);
  }
  return imports.filter((named) => {
    const { share, consumer, host } = named;
    const clash = claimants.get(`${consumer.facts.name} ${host}`);
    if (clash !== undefined && clash.size > 1) {
      context.report.add(
        share.owner,
        "HOST_CONFLICT",
        at(share.intent, "spec", "as"),
        `${host} in ${consumer.facts.name} would mean ${[...clash].sort().join(" and ")}`,
        "use {service}, {namespace} and {cluster} in spec.names.perCluster of the Mesh",
      );
      return false;
    }
    return !isClaimedByUser(named, context);
  });
}

function isClaimedByUser({ share, consumer, host }: NamedImport, { claims, report }: CompileContext): boolean {
  const ofUser = claims(consumer.facts.name);
  for (const namespace of consumer.namespaces ?? ["*"]) {
    const claim = claimOfHost(ofUser, host, namespace);
    if (claim !== undefined) {
      report.add(
        share.owner,
        "HOST_CONFLICT",
        at(share.intent, "spec", "as"),
        `${host} is already the name of ${claim} in ${consumer.facts.name}`,
        "remove it, or change spec.names.perCluster of the Mesh",
      );
      return true;
    }
    const rule = exactRule(ofUser, host, namespace);
    if (rule !== undefined) {
      report.add(
        share.owner,
        "DESTINATION_RULE_CONFLICT",
        at(share.intent, "spec", "as"),
        `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name} in ${consumer.facts.name} is for ${host}, which needs one of ours; two for one host do not merge`,
        "remove it; what it sets belongs in spec.traffic of the SharedService",
      );
      return true;
    }
  }
  return false;
}

function demands(imports: readonly NamedImport[], pool: AddressPool): readonly VipDemand[] {
  const byCluster = new Map<string, { consumer: Consumer; hosts: Set<string> }>();
  for (const { consumer, host } of imports) {
    const known = byCluster.get(consumer.facts.name);
    if (known === undefined) byCluster.set(consumer.facts.name, { consumer, hosts: new Set([host]) });
    else known.hosts.add(host);
  }
  return [...byCluster.values()].map(({ consumer: { facts }, hosts }) => {
    const held = new Map<string, string>();
    const taken = new Set<string>();
    for (const entry of facts.serviceEntries) {
      const [host] = entry.spec.hosts;
      const addresses = entry.spec.addresses ?? [];
      const [address] = addresses;
      if (isOurs(entry) && host !== undefined && address !== undefined) held.set(host, address);
      else for (const other of addresses) taken.add(other);
    }
    for (const { spec } of facts.services.values()) {
      if (spec.clusterIP !== undefined && contains(pool, spec.clusterIP)) taken.add(spec.clusterIP);
    }
    return { cluster: facts.name, hosts: [...hosts], held, taken };
  });
}

function emitImport({ share, server, consumer, host }: NamedImport, vip: string, context: CompileContext): void {
  const { mesh } = context;
  const cluster = consumer.facts.name;
  const placements: readonly Placement[] = consumer.namespaces?.map((namespace) => ({ namespace, exportTo: "." })) ?? [
    { namespace: mesh.spec.istioNamespace, exportTo: "*" },
  ];
  for (const placement of placements) {
    context.emit(
      cluster,
      perClusterDestinationRule(
        share,
        server,
        { host, passthroughHost: passthroughHost(share, mesh) },
        identities(share, server, mesh),
        placement,
      ),
      perClusterServiceEntry(share, server, host, vip, placement),
    );
  }
  for (const namespace of consumer.namespaces ?? ["*"]) {
    for (const port of server.ports) {
      context.declare(declaredPath(share, server, mesh, { host, port, cluster, namespace }));
    }
  }
}
