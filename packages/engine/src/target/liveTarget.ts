import { type AskedRight, type ClusterObject, isReady, kindEntry, MeshError, type RightPurpose } from "@isthmus/core";
import type { AnsweredRight, Inspection } from "@isthmus/core/check";
import type { Down, Unseen } from "@isthmus/core/doctor";
import type { Action } from "@isthmus/core/plan";
import { type KubeClient, KubeError } from "@isthmus/kube";
import { istiodPods } from "../istiod/istiodPods.ts";
import { readSyncs, type Sends } from "../istiod/readSyncs.ts";
import type { Reach } from "../reach.ts";
import type { ClusterEvent } from "./clusterEvent.ts";
import { inspectCluster, reviewRights } from "./live/inspectCluster.ts";
import { lastWriter } from "./live/lastWriter.ts";
import { observeCluster } from "./live/observeCluster.ts";
import { watchCluster } from "./live/watchCluster.ts";
import { writeObject } from "./live/writeObject.ts";
import type { CallOptions, Observation, Target, WriteOptions, Writer } from "./target.ts";

export interface LiveTargetOptions {
  readonly cluster: string;
  /** Closed with the target. */
  readonly client: KubeClient;
  readonly istioNamespace: string;
}

/** A cluster behind an API server. */
export class LiveTarget implements Target {
  readonly source = "live";
  readonly cluster: string;
  readonly #client: KubeClient;
  readonly #istioNamespace: string;

  constructor({ cluster, client, istioNamespace }: LiveTargetOptions) {
    this.cluster = cluster;
    this.#client = client;
    this.#istioNamespace = istioNamespace;
  }

  /** Throws CLUSTER_UNREACHABLE, CLUSTER_UNAUTHORIZED, CLUSTER_CERTIFICATE, CLUSTER_FORBIDDEN, KIND_NOT_INSTALLED. */
  observe({ signal }: CallOptions = {}): Promise<Observation> {
    return observeCluster(this.#client, { cluster: this.cluster, istioNamespace: this.#istioNamespace, signal });
  }

  watch({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<ClusterEvent> {
    return watchCluster(this.#client, { cluster: this.cluster, istioNamespace: this.#istioNamespace, signal });
  }

  get reach(): Reach {
    return this.#client;
  }

  write(action: Action, options: WriteOptions = {}): Promise<void> {
    return writeObject(this.#client, action, options);
  }

  inspect(purposes: readonly RightPurpose[], { signal }: CallOptions = {}): Promise<Inspection> {
    return inspectCluster(this.#client, {
      cluster: this.cluster,
      istioNamespace: this.#istioNamespace,
      purposes,
      signal,
    });
  }

  review(rights: readonly AskedRight[], { signal }: CallOptions = {}): Promise<readonly AnsweredRight[]> {
    return reviewRights(this.#client, rights, signal);
  }

  async proxySends({ signal }: CallOptions = {}): Promise<Sends | Down | Unseen> {
    const stopping = signal === undefined ? {} : { signal };
    const istioNamespace = this.#istioNamespace;
    const podKind = kindEntry("", "Pod");
    if (podKind === undefined) throw new RangeError("the catalog has no Pod");
    try {
      const objects = await this.#client.list(podKind, {
        ...stopping,
        namespace: istioNamespace,
        labelSelector: "app=istiod",
      });
      // One that is starting or ending has proxies too, and is not asked.
      const unready = istiodPods(objects, istioNamespace).find(
        (pod) => pod.status?.phase === "Running" && !isReady(pod),
      );
      if (unready !== undefined) return { down: `pod ${unready.metadata.name} of istiod is not ready` };
      return await readSyncs({ istioNamespace, objects, reach: this.#client, ...stopping });
    } catch (error) {
      if (error instanceof KubeError || error instanceof MeshError) return { unseen: error.message };
      throw error;
    }
  }

  lastWriter(object: Omit<ClusterObject, "cluster">, options: CallOptions = {}): Promise<Writer | undefined> {
    return lastWriter(this.#client, object, options);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
