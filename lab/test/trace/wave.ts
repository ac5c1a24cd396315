import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject, Lab, PodRecord } from "../../src/index.ts";
import { waitFor } from "../../src/index.ts";
import { meshText, withSettings } from "./meshSettings.ts";
import type { Outside } from "./outside.ts";
import type { Call, ClusterName, Place, Scenario, ScenarioObject } from "./scenario.ts";
import { type WireAnswer, wireCalls } from "./wireCall.ts";

export interface Placed {
  readonly scenario: Scenario;
  readonly place: Place;
}

export interface PlacedCall extends Placed {
  readonly call: Call;
  readonly index: number;
  /** Whether the client has a sidecar. */
  readonly isProxied: boolean;
  /** False: its answers went on changing. */
  readonly isSettled: boolean;
  readonly answer: WireAnswer;
}

/** A call that is still to be made. */
export type PlannedCall = Omit<PlacedCall, "answer">;

/** The calls that are made for a scenario. */
export type CallsOf = (placed: Placed) => readonly Call[];

const ownCalls: CallsOf = ({ scenario, place }) => scenario.calls(place);

const clusters: readonly ClusterName[] = ["cluster1", "cluster2"];

/** The proxies that see every service: where they have the push with the marker, all have what was written before it. */
const markedProxies: readonly (readonly [ClusterName, string])[] = [
  ["cluster1", "cl0/sleep"],
  ["cluster2", "sv0/web-v1"],
  ["cluster2", "gw0/gateway"],
];

/** Those of a slot of its own, where no Sidecar may hide the marker from them. */
function proxiesOf({ scenario, place }: Placed): readonly (readonly [ClusterName, string])[] {
  const { slot, client, server, gateway } = place;
  if (slot === 0 || scenario.objects(place).some(({ object }) => object.kind === "Sidecar")) return [];
  return [
    ["cluster1", `${client}/sleep`],
    ["cluster2", `${server}/sleep`],
    ["cluster2", `${server}/web-v1`],
    ["cluster2", `${server}/web-v2`],
    ["cluster2", `${gateway}/gateway`],
  ];
}

/** istiod watches each of these kinds by itself, and may hear of the marker first. */
const watched = /^(networking|security|telemetry)\.istio\.io\//;

function keyOf({ apiVersion, kind, metadata: { namespace = "default", name } }: KubeObject): string {
  return `${apiVersion.split("/")[0]} ${kind} ${namespace}/${name}`;
}

/** istiod itself writes into the status of a ServiceEntry that it gives an address. Versions of one etcd are numbers that grow. */
function isSince(version: string | undefined, written: string | undefined): boolean {
  if (written === undefined) return version === undefined;
  return version !== undefined && Number(version) >= Number(written);
}

function versionOf({ metadata }: KubeObject): string | undefined {
  return (metadata as { readonly resourceVersion?: string }).resourceVersion;
}

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
  #round = 0;
  #mesh: string | undefined;
  readonly #meshes = new Map<ClusterName, string>();
  #applied: readonly OwnedObject[] = [];
  /** Of this wave, by cluster and object: the version that was written, undefined for what was removed. */
  readonly #versions = new Map(clusters.map((cluster) => [cluster, new Map<string, string | undefined>()] as const));

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
    this.#pods.clear();
    for (const versions of this.#versions.values()) versions.clear();
    await this.#configure(placed.find(({ scenario }) => scenario.mesh !== undefined)?.scenario.mesh);
    await Promise.all(
      clusters.map(async (cluster) => {
        const ofCluster = (all: readonly OwnedObject[]) => all.filter((each) => each.cluster === cluster);
        await this.#remove(cluster, ofCluster(before));
        await this.#write(cluster, ofCluster(objects));
        await this.#lab.refreshDns(cluster);
      }),
    );
    await this.#settle(placed);
  }

  /**
   * Asks until three rounds of answers are alike. What the proxies get comes in several pushes; and a connection between two of them that
   * stands from before keeps the policies of then for one more request, since Envoy drains the filter chains that it replaces. A service
   * has two endpoints at most, which take their turns: two rounds may meet one such connection each.
   */
  async call(placed: readonly Placed[], callsOf: CallsOf = ownCalls): Promise<readonly PlacedCall[]> {
    const all = await Promise.all(placed.map((each) => this.#planned(each, callsOf(each))));
    const ask = async () =>
      (await Promise.all(all.map((calls) => inTurn(calls, (each) => this.repeat(each, 1))))).flat(2);
    let [before, last] = [await ask(), await ask()];
    for (let round = 0; round < 4; round++) {
      await sleep(200);
      const now = await ask();
      const [former, latter] = [before, last];
      before = latter;
      last = now.map((each, index) => ({
        ...each,
        isSettled: sameAnswer(each, latter[index]) && sameAnswer(each, former[index]),
      }));
      if (last.every(({ isSettled }) => isSettled)) break;
    }
    return last;
  }

  /** One call, often. */
  async repeat(planned: PlannedCall, count: number): Promise<readonly PlacedCall[]> {
    const { place, call, index } = planned;
    const pod = call.from === "outside" ? "outside" : await this.pod(call.cluster, call.from);
    const tag = `${place.id}.${index}.${++this.#round}`;
    const answers = await wireCalls(this.#outside, pod, { call, place, tag }, count);
    return answers.map((answer) => ({ ...planned, answer }));
  }

  async end(): Promise<void> {
    await this.apply([]);
  }

  async #planned({ scenario, place }: Placed, calls: readonly Call[]): Promise<readonly PlannedCall[]> {
    return Promise.all(
      calls.map(async (call, index) => {
        const isProxied = call.from !== "outside" && (await this.pod(call.cluster, call.from)).proxy === "sidecar";
        return { scenario, place, call, index, isProxied, isSettled: false };
      }),
    );
  }

  async pod(cluster: ClusterName, name: string): Promise<PodRecord> {
    const key = `${cluster} ${name}`;
    const known = this.#pods.get(key) ?? (await this.#lab.pod(cluster, name));
    this.#pods.set(key, known);
    return known;
  }

  /** istiod takes a change of its ConfigMap at once. */
  async #configure(settings: string | undefined): Promise<void> {
    if (settings === this.#mesh) return;
    this.#mesh = settings;
    await Promise.all(clusters.map((cluster) => this.#configureCluster(cluster, settings)));
    await sleep(1500);
  }

  async #configureCluster(cluster: ClusterName, settings = "{}"): Promise<void> {
    const { api } = this.#lab.cluster(cluster);
    const own = this.#meshes.get(cluster) ?? (await meshText(this.#lab, cluster));
    this.#meshes.set(cluster, own);
    await api.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio", namespace: "istio-system" },
      data: { mesh: withSettings(own, settings) },
    });
  }

  async #write(cluster: ClusterName, objects: readonly OwnedObject[]): Promise<void> {
    const { api } = this.#lab.cluster(cluster);
    const apply = async (object: KubeObject) => {
      const { status, ...written } = object;
      // The lab makes the pods as well.
      if (object.kind === "Deployment") return this.#lab.apply(cluster, [object]);
      const applied = await api.apply(written as KubeObject);
      if (status === undefined) {
        if (watched.test(object.apiVersion)) {
          this.#versions.get(cluster)?.set(keyOf(object), versionOf(applied));
        }
        return;
      }
      this.#versions.get(cluster)?.delete(keyOf(object));
      const { apiVersion, kind, metadata } = object;
      await api.patchStatus({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? "" }, status);
    };
    // Endpoints come from a controller, and names from DNS, later than the Services: these go first.
    const isFirst = ({ object }: ScenarioObject) => ["Namespace", "ServiceAccount"].includes(object.kind);
    const isCore = (each: ScenarioObject) => each.object.apiVersion === "v1" && !isFirst(each);
    const isPods = ({ object }: ScenarioObject) => object.kind === "Deployment";
    const write = (batch: readonly OwnedObject[]) =>
      Promise.all(
        batch.map(async ({ object, id }) => {
          await apply(object).catch((error: unknown) => this.refused.set(id, `${error}`));
        }),
      );
    await write(objects.filter(isFirst));
    await write(objects.filter(isCore));
    await this.#lab.refreshDns(cluster);
    await write(
      objects
        .filter((each) => !isFirst(each) && !isCore(each))
        .toSorted((one, other) => Number(isPods(other)) - Number(isPods(one))),
    );
  }

  async #remove(cluster: ClusterName, objects: readonly ScenarioObject[]): Promise<void> {
    const { api } = this.#lab.cluster(cluster);
    await Promise.all(
      objects.map(({ object }) => {
        const { apiVersion, kind, metadata } = object;
        if (watched.test(apiVersion)) this.#versions.get(cluster)?.set(keyOf(object), undefined);
        const ref = {
          apiVersion,
          kind,
          name: metadata.name,
          ...(metadata.namespace && { namespace: metadata.namespace }),
        };
        return kind === "Deployment" ? this.#lab.remove(cluster, ref) : api.remove(ref);
      }),
    );
  }

  /** Ends when istiod has read all that was written and removed; it never reads what discoverySelectors leave out. */
  async #isRead(cluster: ClusterName): Promise<void> {
    const wanted = [...(this.#versions.get(cluster) ?? [])];
    let missing: readonly string[] = [];
    await waitFor(
      `istiod of ${cluster} to read the wave`,
      async () => {
        const configs = JSON.parse(await this.#lab.istiodDebug(cluster, "/debug/configz")) as readonly KubeObject[];
        const versions = new Map(configs.map((each) => [keyOf(each), versionOf(each)]));
        missing = wanted.flatMap(([key, version]) => (isSince(versions.get(key), version) ? [] : [key]));
        return missing.length === 0;
      },
      { seconds: 10 },
    ).catch((error: unknown) => console.warn(`${error}: ${missing.join(", ")}`));
  }

  async #settle(placed: readonly Placed[]): Promise<void> {
    const host = `wave${++this.#number}.marker`;
    await Promise.all(clusters.map((cluster) => this.#isRead(cluster)));
    // What istiod holds may still be on its way to the next push, and a marker that overtakes it comes with the policies of before.
    await sleep(1500);
    await Promise.all(
      clusters.map((cluster) =>
        this.#lab.cluster(cluster).api.apply({
          apiVersion: "networking.istio.io/v1",
          kind: "ServiceEntry",
          metadata: { name: "marker", namespace: "default" },
          // Also where a scenario makes names private unless they say otherwise.
          spec: {
            exportTo: ["*"],
            hosts: [host],
            resolution: "NONE",
            ports: [{ number: 1, name: "tcp", protocol: "TCP" }],
          },
        }),
      ),
    );
    const marked = ([cluster, pod]: readonly [ClusterName, string], seconds: number) =>
      waitFor(
        `the marker ${host} at ${cluster} ${pod}`,
        async () => {
          const path = `/config_dump?resource=dynamic_active_clusters&name_regex=.*${host}`;
          if (!(await this.#lab.envoyAdmin(cluster, pod, path)).includes(host)) return false;
          return hasWholePush(await this.#lab.envoyAdmin(cluster, pod, "/stats?filter=(cds|lds).version_text"));
        },
        { seconds },
      );
    await Promise.all(markedProxies.map((each) => marked(each, 30)));
    await Promise.all(placed.flatMap(proxiesOf).map((each) => marked(each, 10).catch(() => undefined)));
    // Routes and endpoints of a push follow its clusters and listeners.
    await sleep(500);
  }
}

/** Policies are in the listeners, which come after the clusters, and late on a busy machine: both are of one push. */
function hasWholePush(stats: string): boolean {
  const versions = [...stats.matchAll(/version_text: "(.*)"/g)].map(([, version]) => version);
  return versions.length === 2 && versions[0] === versions[1];
}

async function inTurn<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}

function sameAnswer(one: PlacedCall, other: PlacedCall | undefined): boolean {
  return one.answer.status === other?.answer.status && one.answer.exitCode === other.answer.exitCode;
}
