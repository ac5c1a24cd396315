import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, Lab, PodRecord } from "../../src/index.ts";
import { waitFor } from "../../src/index.ts";
import type { Outside } from "./outside.ts";
import type { Call, ClusterName, Place, Scenario, ScenarioObject } from "./scenario.ts";
import { type WireAnswer, wireCall } from "./wireCall.ts";

export interface Placed {
  readonly scenario: Scenario;
  readonly place: Place;
}

export interface PlacedCall extends Placed {
  readonly call: Call;
  readonly index: number;
  readonly answer: WireAnswer;
}

const clusters: readonly ClusterName[] = ["cluster1", "cluster2"];

/** The proxies that see every service: where they have the marker, all have what was written before it. */
const markedProxies: readonly (readonly [ClusterName, string])[] = [
  ["cluster1", "cl0/sleep"],
  ["cluster2", "sv0/web-v1"],
  ["cluster2", "gw0/gateway"],
];

interface OwnedObject extends ScenarioObject {
  readonly id: string;
}

/** Applies scenarios that cannot disturb each other, and makes their calls when the proxies know them. */
export class Waves {
  readonly #lab: Lab;
  readonly #outside: Outside;
  readonly #pods = new Map<string, PodRecord>();
  /** Scenarios (`Place.id`) of which the API server, or istiod's validation, did not take an object, and why. */
  readonly refused = new Map<string, string>();
  #number = 0;
  #applied: readonly OwnedObject[] = [];

  constructor(lab: Lab, outside: Outside) {
    this.#lab = lab;
    this.#outside = outside;
  }

  /** The objects of the wave before go at the same time. */
  async apply(placed: readonly Placed[]): Promise<void> {
    const objects = placed.flatMap(({ scenario, place }) =>
      scenario.objects(place).map((each): OwnedObject => ({ ...each, id: place.id })),
    );
    const before = this.#applied;
    this.#applied = objects;
    await Promise.all(
      clusters.map(async (cluster) => {
        const ofCluster = (all: readonly OwnedObject[]) => all.filter((each) => each.cluster === cluster);
        await this.#remove(cluster, ofCluster(before));
        await this.#write(cluster, ofCluster(objects));
        await this.#lab.refreshDns(cluster);
      }),
    );
    await this.#settle();
  }

  /** Asks until two rounds of answers are alike: what the proxies get comes in several pushes. */
  async call(placed: readonly Placed[]): Promise<readonly PlacedCall[]> {
    let last = await this.#round(placed);
    for (let round = 0; round < 4; round++) {
      await sleep(300);
      const next = await this.#round(placed);
      const settled = next.every((each, index) => sameAnswer(each, last[index]));
      last = next;
      if (settled) break;
    }
    return last;
  }

  async end(): Promise<void> {
    await this.apply([]);
  }

  async #round(placed: readonly Placed[]): Promise<readonly PlacedCall[]> {
    const all = await Promise.all(
      placed.map(async ({ scenario, place }) => {
        const answers: PlacedCall[] = [];
        for (const [index, call] of scenario.calls(place).entries()) {
          const pod = call.from === "outside" ? "outside" : await this.pod(call.cluster, call.from);
          const tag = `${place.id}.${index}`;
          answers.push({
            scenario,
            place,
            call,
            index,
            answer: await wireCall(this.#outside, pod, { call, place, tag }),
          });
        }
        return answers;
      }),
    );
    return all.flat();
  }

  async pod(cluster: ClusterName, name: string): Promise<PodRecord> {
    const key = `${cluster} ${name}`;
    const known = this.#pods.get(key) ?? (await this.#lab.pod(cluster, name));
    this.#pods.set(key, known);
    return known;
  }

  async #write(cluster: ClusterName, objects: readonly OwnedObject[]): Promise<void> {
    const { api } = this.#lab.cluster(cluster);
    const apply = async (object: KubeObject) => {
      const { status, ...written } = object;
      await api.apply(written as KubeObject);
      if (status === undefined) return;
      const { apiVersion, kind, metadata } = object;
      await api.patchStatus({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? "" }, status);
    };
    // Endpoints come from a controller, and names from DNS, later than the Services: these go first.
    const isFirst = ({ object }: ScenarioObject) => ["Namespace", "ServiceAccount"].includes(object.kind);
    const isCore = (each: ScenarioObject) => each.object.apiVersion === "v1" && !isFirst(each);
    const write = (batch: readonly OwnedObject[]) =>
      Promise.all(
        batch.map(async ({ object, id }) => {
          await apply(object).catch((error: unknown) => this.refused.set(id, `${error}`));
        }),
      );
    await write(objects.filter(isFirst));
    await write(objects.filter(isCore));
    await this.#lab.refreshDns(cluster);
    await write(objects.filter((each) => !isFirst(each) && !isCore(each)));
  }

  async #remove(cluster: ClusterName, objects: readonly ScenarioObject[]): Promise<void> {
    const { api } = this.#lab.cluster(cluster);
    await Promise.all(
      objects.map(({ object: { apiVersion, kind, metadata } }) =>
        api.remove({
          apiVersion,
          kind,
          name: metadata.name,
          ...(metadata.namespace && { namespace: metadata.namespace }),
        }),
      ),
    );
  }

  async #settle(): Promise<void> {
    const host = `wave${++this.#number}.marker`;
    await Promise.all(
      clusters.map((cluster) =>
        this.#lab.cluster(cluster).api.apply({
          apiVersion: "networking.istio.io/v1",
          kind: "ServiceEntry",
          metadata: { name: "marker", namespace: "default" },
          spec: { hosts: [host], resolution: "NONE", ports: [{ number: 1, name: "tcp", protocol: "TCP" }] },
        }),
      ),
    );
    await Promise.all(
      markedProxies.map(([cluster, pod]) =>
        waitFor(`the marker ${host} at ${cluster} ${pod}`, async () => {
          const path = `/config_dump?resource=dynamic_active_clusters&name_regex=.*${host}`;
          return (await this.#lab.envoyAdmin(cluster, pod, path)).includes(host);
        }),
      ),
    );
    // Listeners, routes and endpoints of a push follow its clusters.
    await sleep(700);
  }
}

function sameAnswer(one: PlacedCall, other: PlacedCall | undefined): boolean {
  return one.answer.status === other?.answer.status && one.answer.exitCode === other.answer.exitCode;
}
