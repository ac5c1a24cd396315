import { gatewayAddresses, type IstioCluster, istioClusters } from "../istio/index.ts";
import { isOurs, type KubeObject, keyOf, ownerOf, refOf, type Side, showRef, sideOf } from "../kinds/index.ts";
import type { Compiled, MeshCluster, Observed } from "../model/index.ts";
import { fieldChanges } from "../plan/index.ts";
import type { PathIntents } from "../trace/index.ts";
// What is in place is what a plan would leave as it is: one comparison for both.

export interface ProofInput {
  readonly intents: PathIntents;
  readonly compiled: Compiled;
  readonly observed: Observed;
}

/** An object that a path needs, as it is in its cluster. */
export interface NeededObject {
  readonly desired: KubeObject;
  readonly live: KubeObject | undefined;
  /** Why it does not do, undefined where it does: `ServiceEntry foo/httpbin is missing`. */
  readonly fault: string | undefined;
}

/** The input, indexed, so that thousands of paths do not each walk all objects. */
export class ProofContext {
  readonly held: Compiled["held"];
  readonly #clusters: ReadonlyMap<string, IstioCluster>;
  readonly #declared: ReadonlyMap<string, MeshCluster>;
  readonly #needed = new Map<string, NeededObject[]>();
  readonly #gateways = new Map<string, readonly { readonly address: string; readonly port: number }[]>();

  constructor({ intents, compiled, observed }: ProofInput) {
    this.held = compiled.held;
    this.#clusters = istioClusters(observed, intents);
    this.#declared = new Map(intents.clusters.map((cluster) => [cluster.metadata.name, cluster]));
    for (const [name, objects] of compiled.desired) {
      const cluster = observed.clusters.get(name);
      if (cluster === undefined) continue;
      const live = new Map(cluster.objects.map((object) => [keyOf(refOf(object)), object]));
      for (const desired of objects) {
        const found = live.get(keyOf(refOf(desired)));
        const key = groupKey(name, ownerOf(desired), sideOf(desired));
        const group = this.#needed.get(key) ?? [];
        group.push({ desired, live: found, fault: faultOf(desired, found, cluster.source) });
        this.#needed.set(key, group);
      }
    }
  }

  isRead(cluster: string): boolean {
    return this.#clusters.has(cluster);
  }

  /** What one owner needs on one side of a cluster. */
  needed(cluster: string, owner: string, side: Side): readonly NeededObject[] {
    return this.#needed.get(groupKey(cluster, owner, side)) ?? [];
  }

  /** Of the east-west gateway; none where the cluster is not declared or cannot be read, or it has no address. */
  gatewayAddresses(cluster: string): readonly { readonly address: string; readonly port: number }[] {
    const known = this.#gateways.get(cluster);
    if (known !== undefined) return known;
    const [facts, declared] = [this.#clusters.get(cluster), this.#declared.get(cluster)];
    if (facts === undefined || declared === undefined) return [];
    const found = gatewayAddresses(facts, declared.spec.eastWestGateway, declared.spec.locality);
    const addresses = "addresses" in found ? found.addresses : [];
    this.#gateways.set(cluster, addresses);
    return addresses;
  }
}

function groupKey(cluster: string, owner: string, side: Side): string {
  return `${cluster}\n${owner}\n${side}`;
}

function faultOf(desired: KubeObject, live: KubeObject | undefined, source: "live" | "directory"): string | undefined {
  const name = showRef(refOf(desired));
  if (live === undefined) return `${name} is missing`;
  if (!isOurs(live)) return `${name} is there, but not ours`;
  if (live.metadata.deletionTimestamp !== undefined) return `${name} is being deleted`;
  const [change, ...others] = fieldChanges(desired, live, source);
  if (change === undefined) return undefined;
  return `${name} differs in ${change.path}${others.length === 0 ? "" : ` and ${others.length} more`}`;
}
