import type { Action, AnsweredRight, AskedRight, Inspection, RightPurpose } from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import { inspectCluster, reviewRights } from "./live/inspectCluster.ts";
import { observeCluster } from "./live/observeCluster.ts";
import { writeObject } from "./live/writeObject.ts";
import type { CallOptions, Observation, Reach, Target, WriteOptions } from "./target.ts";

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

  close(): Promise<void> {
    return this.#client.close();
  }
}
