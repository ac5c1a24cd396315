import type { z } from "zod";
import { externalAccessSchema } from "./externalAccess/externalAccess.ts";
import { externalServiceSchema } from "./externalService/externalService.ts";
import { meshSchema } from "./mesh/mesh.ts";
import { meshClusterSchema } from "./mesh/meshCluster.ts";
import { sharedServiceSchema } from "./sharedService/sharedService.ts";

/**
 * Every kind that a user may declare, with all that reading, documenting, saving and installing it goes by.
 * - `list`: where `Intents` has those that are declared; of a Mesh there is one;
 * - `columns`: what `kubectl get` shows between name and age.
 */
export const declaredKinds = {
  Mesh: {
    schema: meshSchema,
    plural: "meshes",
    columns: { "Trust domain": ".spec.trustDomain", "Address pool": ".spec.addressPool" },
  },
  MeshCluster: {
    schema: meshClusterSchema,
    list: "clusters",
    plural: "meshclusters",
    columns: { Region: ".spec.locality.region", Drain: ".spec.drain" },
  },
  SharedService: {
    schema: sharedServiceSchema,
    list: "sharedServices",
    plural: "sharedservices",
    columns: { "Served by": ".spec.servedBy", Consumers: ".spec.consumers[*].clusters", As: ".spec.as" },
  },
  ExternalAccess: {
    schema: externalAccessSchema,
    list: "externalAccesses",
    plural: "externalaccesses",
    columns: { Hosts: ".spec.hosts", TLS: ".spec.tls.mode", Clusters: ".spec.clusters" },
  },
  ExternalService: {
    schema: externalServiceSchema,
    list: "externalServices",
    plural: "externalservices",
    columns: { Hosts: ".spec.hosts", Resolution: ".spec.resolution", Via: ".spec.via" },
  },
} as const;

export type Kind = keyof typeof declaredKinds;

export const kinds = Object.keys(declaredKinds) as readonly Kind[];

export function isKind(name: unknown): name is Kind {
  return typeof name === "string" && Object.hasOwn(declaredKinds, name);
}

/** Kinds of ours that declare nothing: files for `isthmus test`, which every other command passes over. */
export const testKinds = ["PathTest", "PathTestSuite"] as const;

export function isTestKind(name: unknown): name is (typeof testKinds)[number] {
  return testKinds.some((kind) => kind === name);
}

/** The kind of this name, in any case or in the plural, as kubectl takes it. */
export function kindNamed(name: string): Kind | undefined {
  const wanted = name.toLowerCase();
  return kinds.find((kind) => kind.toLowerCase() === wanted || declaredKinds[kind].plural === wanted);
}

type Entry<K extends Kind> = (typeof declaredKinds)[K];

export type IntentOf<K extends Kind> = z.output<Entry<K>["schema"]>;

/** The declarations of each kind, Meshes aside, by `list`. */
export type IntentLists = {
  readonly [K in Kind as Entry<K> extends { readonly list: infer L extends string }
    ? L
    : never]: readonly IntentOf<K>[];
};

/** What `of` gives for each kind, by `list`. */
export function byList<T>(of: (kind: Kind) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(declaredKinds).flatMap(([kind, entry]) => ("list" in entry ? [[entry.list, of(kind as Kind)]] : [])),
  );
}
