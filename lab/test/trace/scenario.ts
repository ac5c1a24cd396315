import type { AssumptionKind } from "@isthmus/core/trace";
import type { KubeObject } from "../../src/index.ts";

/** The pods that a scenario may use. Those of one slot are used by one scenario at a time, but for slot 0. */
export interface Place {
  /** Unique among all scenarios: every name that a scenario makes begins with it. */
  readonly id: string;
  readonly slot: number;
  /** The namespace in cluster1: pods sleep, plain (no sidecar), web. */
  readonly client: string;
  /** The namespace in cluster2: pods web-v1, web-v2, plainweb (no sidecar). */
  readonly server: string;
  /** The namespace of the slot's gateway in cluster2; its pods have the label `gateway: <this>`. */
  readonly gateway: string;
  readonly gatewayAddress: string;
  /** Of servers outside of the clusters (outside.ts). */
  readonly outside: string;
  readonly keySet: string;
  readonly authorityFile: string;
  /** Node ports of the slot's gateway. */
  readonly ports: { readonly tls: number; readonly http: number; readonly https: number };
}

export type ClusterName = "cluster1" | "cluster2";

export interface Call {
  readonly cluster: ClusterName;
  /** `namespace/name` of the calling pod, or `outside`: then the URL's name is that of the slot's gateway. */
  readonly from: string;
  /** http://, https:// or tcp:// */
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client shows a certificate with this name. */
  readonly certificate?: string;
  /** It sends a token that says this. */
  readonly claims?: Readonly<Record<string, readonly string[]>>;
  /** The address that its DNS has for the URL's name. */
  readonly resolve?: string;
}

export interface Scenario {
  /** What is there, and what is odd about it. */
  readonly title: string;
  /** How much of the lab it changes for others: only names of its own, the pods of a slot, or the whole mesh. */
  readonly reach: "names" | "slot" | "mesh";
  /** Settings of istiod in both clusters, as YAML: over the lab's own, for this scenario alone. */
  readonly mesh?: string;
  /** Whose answers it is about: the share of each pod, or of each cluster, is compared as well. */
  readonly spread?: "pod" | "cluster";
  /** What trace must assume and does not hold here: where it does not get there for that, trace has said what it rests on. */
  readonly untrue?: readonly AssumptionKind[];
  objects(place: Place): readonly ScenarioObject[];
  calls(place: Place): readonly Call[];
}

export interface ScenarioObject {
  readonly cluster: ClusterName;
  readonly object: KubeObject;
}
