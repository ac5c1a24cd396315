import { readFile, writeFile } from "node:fs/promises";
import type { KubeObject, Observed, ObservedCluster } from "@isthmus/core";
import type { Lab } from "../../src/index.ts";
import type { Verdict } from "./agreementReport.ts";
import { counted } from "./agreementReport.ts";
import { meshText } from "./meshSettings.ts";
import type { Sighting } from "./sighting.ts";

/**
 * What users' scenarios came to on the real mesh, and the mesh that they ran on, as files: a test without a lab holds trace against
 * them (replay.test.ts).
 */
export interface Recorded {
  /** By the scenario's title; its calls in their order. */
  readonly [title: string]: readonly (readonly RecordedSighting[])[];
}

export interface RecordedSighting extends Sighting {
  readonly times: number;
}

/** One slot, and what is around it. */
export interface RecordedWorld {
  readonly [cluster: string]: Omit<ObservedCluster, "name" | "source" | "meshConfig" | "unread"> & {
    readonly mesh: string;
    readonly unread: readonly (readonly [string, "not served" | "forbidden"])[];
  };
}

const files = {
  seen: new URL("recorded/seen.json", import.meta.url),
  world: new URL("recorded/world.json", import.meta.url),
  known: new URL("recorded/known.json", import.meta.url),
};

export async function readRecorded(): Promise<Recorded> {
  return JSON.parse(await readFile(files.seen, "utf8"));
}

/** Where trace is known to differ: `1 status` of its second call, by the scenario's title. */
export async function readKnown(): Promise<Readonly<Record<string, readonly string[]>>> {
  return JSON.parse(await readFile(files.known, "utf8"));
}

export async function readRecordedWorld(): Promise<RecordedWorld> {
  return JSON.parse(await readFile(files.world, "utf8"));
}

/** Adds to what was recorded before; only scenarios that `titles` names are kept. */
export async function recordVerdicts(verdicts: readonly Verdict[], titles: ReadonlySet<string>): Promise<void> {
  const recorded = await readRecorded().catch((): Recorded => ({}));
  const all = new Map<string, (readonly RecordedSighting[])[]>();
  for (const { judged, sightings } of verdicts) {
    const { title } = judged.scenario;
    const calls = all.get(title) ?? [];
    calls[judged.index] = counted(sightings).map((text) => {
      const [times = "", json = ""] = text.split(" × ");
      return { times: Number(times), ...(JSON.parse(json) as Sighting) };
    });
    all.set(title, calls);
  }
  const merged = Object.entries({ ...recorded, ...Object.fromEntries(all) }).filter(([title]) => titles.has(title));
  const lines = merged
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([title, calls]) => `${JSON.stringify(title)}: ${JSON.stringify(calls)}`);
  await writeFile(files.seen, `{\n${lines.join(",\n")}\n}\n`);
}

/** Slot 1 as it is before the first scenario, with a network number that no longer matters. */
export async function recordWorld(lab: Lab, observed: Observed): Promise<void> {
  const entries = [...observed.clusters].map(async ([name, cluster]) => {
    const { version, istiodVersions, trustRoots, unread } = cluster;
    return [
      name,
      {
        objects: cluster.objects.filter(isAround).map(slim),
        ...(version && { version }),
        istiodVersions,
        trustRoots: trustRoots.map(({ fingerprint, subject, notAfter }) => ({ fingerprint, subject, notAfter })),
        unread: [...(unread ?? [])],
        mesh: await meshText(lab, name === "cluster1" ? "cluster1" : "cluster2"),
      },
    ];
  });
  const world = Object.fromEntries(await Promise.all(entries));
  const text = JSON.stringify(world)
    .replaceAll(`10.${lab.state.network}.`, "10.121.")
    .replaceAll(/\{"apiVersion"/g, '\n{"apiVersion"');
  await writeFile(files.world, `${text}\n`);
}

function isAround({ kind, metadata }: KubeObject): boolean {
  if (kind === "Lease" || metadata.name === "marker") return false;
  const around = kind === "Namespace" ? metadata.name : metadata.namespace;
  return around === undefined || /^(cl1|sv1|gw1|istio-system|default)$/.test(around);
}

function slim(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata = {
    name,
    ...(namespace && { namespace }),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
  };
  return { ...object, metadata };
}
