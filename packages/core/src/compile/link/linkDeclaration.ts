import { joinNames, say } from "../../findings/index.ts";
import { type KubeObject, keyOf, refOf, type ServiceEntry, type ServiceImport } from "../../kinds/index.ts";
import { at, type DeclaredPath, type Mesh } from "../../model/index.ts";
import type { Compilation } from "../declaration/compilation.ts";
import { addressToCome, type NamedHost, reportOf } from "../declaration/namedHost.ts";
import type { Output } from "../declaration/output.ts";
import { Report, type Told } from "../declaration/report.ts";
import { claimKey, type HostGrants, meaningsOf } from "./settleHosts.ts";

export interface LinkedObject {
  readonly cluster: string;
  readonly key: string;
  readonly object: KubeObject;
}

export interface LinkedPath {
  readonly key: string;
  readonly path: DeclaredPath;
}

/** What is written in the end, with the keys by which it is ordered. */
export interface Linked {
  readonly objects: readonly LinkedObject[];
  readonly paths: readonly LinkedPath[];
}

/** A declaration with what it was granted. */
export interface LinkedDeclaration extends Linked, Told {
  readonly compilation: Compilation;
  readonly hosts: ReadonlyMap<NamedHost, LinkedHost>;
}

interface LinkedHost extends Linked {
  readonly address: string | undefined;
}

export function linked({ objects, paths }: Pick<Output, "objects" | "paths">, addressed: Addressed = keyed): Linked {
  return {
    objects: objects.map(({ cluster, object }) => {
      const { key, object: given } = addressed(object);
      return { cluster, key, object: given };
    }),
    paths: paths.map((path) => ({ key: JSON.stringify(path), path })),
  };
}

type Addressed = (object: KubeObject) => Pick<LinkedObject, "key" | "object">;

function keyed(object: KubeObject): ReturnType<Addressed> {
  return { key: keyOf(refOf(object)), object };
}

/** `before`: with other grants; what they leave alone stays the same. */
export function linkDeclaration(
  compilation: Compilation,
  grants: HostGrants,
  mesh: Mesh,
  before: LinkedDeclaration | undefined,
): LinkedDeclaration {
  const report = new Report();
  report.take(compilation);
  // In one order always: of several problems the first is the reason why an owner is held.
  const granted = inOrder(compilation.hosts).filter((named) => isGranted(named, grants, report));
  for (const { output } of granted) report.take(output);
  const hosts = new Map<NamedHost, LinkedHost>();
  const addressed = addressing();
  for (const named of granted) {
    const address = named.address === undefined ? undefined : addressOf(named, grants, mesh, report);
    if (named.address !== undefined && address === undefined) continue;
    const known = before?.hosts.get(named);
    hosts.set(
      named,
      known?.address === address && known !== undefined
        ? known
        : { address, ...linked(named.output, addressed(address)) },
    );
  }
  const parts = [linked(compilation), ...hosts.values()];
  return {
    compilation,
    hosts,
    objects: parts.flatMap(({ objects }) => objects),
    paths: parts.flatMap(({ paths }) => paths),
    problems: report.problems,
    held: report.held,
  };
}

function inOrder(hosts: readonly NamedHost[]): readonly NamedHost[] {
  return hosts
    .map((host) => ({ host, key: `${host.owner} ${host.cluster} ${host.host}` }))
    .sort(({ key: first }, { key: second }) => (first < second ? -1 : first > second ? 1 : 0))
    .map(({ host }) => host);
}

/** A host that another declaration, or an object of the user, claims for the same workloads is granted to none. */
function isGranted(named: NamedHost, grants: HostGrants, report: Report): boolean {
  const { owner, cluster, host, place, remedy, claimed } = named;
  const meanings = meaningsOf(named, grants);
  if (meanings.length > 1) {
    const message = say`${{ host }} in ${{ cluster }} would mean ${joinNames(meanings)}`;
    reportOf(named, report).add(owner, "HOST_CONFLICT", place, message, remedy);
    return false;
  }
  if (claimed !== undefined) report.take(claimed);
  return claimed === undefined;
}

function addressOf(
  named: NamedHost,
  { vips, exhausted, poolFault }: HostGrants,
  mesh: Mesh,
  report: Report,
): string | undefined {
  const { owner, cluster, host, place } = named;
  const address = vips.get(cluster)?.get(host);
  if (poolFault !== undefined) {
    reportOf(named, report).add(
      owner,
      "VIP_POOL_INVALID",
      at(mesh, "spec", "addressPool"),
      say`${{ reason: poolFault }}`,
      "name a range that nothing routes, such as 240.0.0.0/16",
    );
  } else if (exhausted.has(claimKey(named))) {
    reportOf(named, report).add(
      owner,
      "VIP_POOL_EXHAUSTED",
      place,
      say`no address of ${{ addressPool: mesh.spec.addressPool }} is left for ${{ host }} in ${{ cluster }}`,
      "make spec.addressPool of the Mesh larger: addresses in use stay as they are",
    );
  }
  return address;
}

/** One object is written in many clusters, nearly always with the same address: it stays one. */
function addressing(): (address: string | undefined) => Addressed {
  const made = new Map<KubeObject, { readonly address: string } & ReturnType<Addressed>>();
  return (address) => (object) => {
    if (address === undefined) return keyed(object);
    const known = made.get(object);
    if (known?.address === address) return known;
    const given = { address, ...keyed(withAddress(object, address)) };
    made.set(object, given);
    return given;
  };
}

function withAddress(object: KubeObject, vip: string): KubeObject {
  const { addresses, ips } = (object.spec ?? {}) as Partial<ServiceEntry["spec"] & ServiceImport["spec"]>;
  if (addresses?.[0] === addressToCome) return { ...object, spec: { ...(object.spec as object), addresses: [vip] } };
  if (ips?.[0] === addressToCome) return { ...object, spec: { ...(object.spec as object), ips: [vip] } };
  return object;
}
