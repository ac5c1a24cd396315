import { declaredKindEntry, type Kind, type KubeObject } from "@isthmus/core";
import { type KubeClient, KubeError } from "@isthmus/kube";
import type { Condition } from "../status/conditions.ts";
import { eventKind } from "./hubKinds.ts";

/** Keeps a declaration that was deleted until nothing of it is left in the clusters. */
export const finalizer = "isthmus.io/clusters";

/** What `kubectl get` and `kubectl describe` show of a declaration. */
export interface DeclarationStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
  readonly [field: string]: unknown;
}

export interface EventDraft {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Our writes on the management cluster: a declaration's status and finalizer, and Events about it. Never its spec. */
export class Hub {
  readonly #client: KubeClient;
  readonly #identity: string;
  #events = 0;

  constructor(client: KubeClient, identity: string) {
    this.#client = client;
    this.#identity = identity;
  }

  async writeStatus(object: KubeObject, status: DeclarationStatus, signal: AbortSignal): Promise<void> {
    const options = { subresource: "status", force: true, fieldManager: "isthmus-status", signal } as const;
    await ifThere(() => this.#client.apply(kindOf(object), { ...nameOf(object), status }, options));
  }

  async addFinalizer(object: KubeObject, signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, metadata } = nameOf(object);
    const options = { fieldManager: "isthmus-finalizer", signal } as const;
    const marked = { apiVersion, kind, metadata: { ...metadata, finalizers: [finalizer] } };
    await ifThere(() => this.#client.apply(kindOf(object), marked, options));
  }

  /** Also one that a backup or GitOps brought along, and that no apply of ours could take away. */
  async removeFinalizer(object: KubeObject, signal: AbortSignal): Promise<void> {
    await this.#client.removeFinalizer(kindOf(object), object, finalizer, { signal });
  }

  async tell(object: KubeObject, { type, reason, action, note }: EventDraft, signal: AbortSignal): Promise<void> {
    const { name, namespace = "default", uid } = object.metadata;
    this.#events += 1;
    const time = new Date();
    await ifThere(() =>
      this.#client.apply(
        eventKind,
        {
          apiVersion: "events.k8s.io/v1",
          kind: "Event",
          metadata: { name: `${name}.${time.getTime().toString(16)}${this.#events.toString(16)}`, namespace },
          ...{
            eventTime: `${time.toISOString().slice(0, -1)}000Z`,
            reportingController: "isthmus.io/controller",
            reportingInstance: this.#identity,
            regarding: {
              apiVersion: object.apiVersion,
              kind: object.kind,
              name,
              ...(object.metadata.namespace !== undefined && { namespace }),
              ...(uid !== undefined && { uid }),
            },
            type,
            reason,
            action,
            note: note.slice(0, 1024),
          },
        },
        { fieldManager: "isthmus-events", signal },
      ),
    );
  }
}

/** Its uid is a precondition: what was deleted meanwhile is not made anew. */
function nameOf({ apiVersion, kind, metadata: { name, namespace, uid } }: KubeObject) {
  const metadata = { name, ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) };
  return { apiVersion, kind, metadata };
}

function kindOf({ kind }: KubeObject) {
  return declaredKindEntry(kind as Kind);
}

/** What is gone needs no word any more. */
async function ifThere(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (failure) {
    if (!(failure instanceof KubeError)) throw failure;
    // Another one of the same name is there by now.
    const isOther = failure.causes.some(({ field }) => field === "metadata.uid");
    if (failure.status !== 404 && failure.status !== 409 && !isOther) throw failure;
  }
}
