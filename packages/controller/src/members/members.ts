import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Intents, type MeshCluster, MeshError, type Problem } from "@isthmus/core";
import { type ClusterEvent, openTargets, type SecretKey, type Target } from "@isthmus/engine";

export interface MembersOptions {
  /** Of a Secret of the management cluster. */
  readonly readSecret: (ref: SecretKey, signal?: AbortSignal) => Promise<string>;
  /** For clusters that name a context in place of a Secret. */
  readonly kubeconfig?: string;
  /** Milliseconds between looks at whether a cluster's credentials are others now. */
  readonly credentialsEvery: number;
  readonly happened: (cluster: string, event: ClusterEvent) => void;
  /** The cluster is declared no longer, or is another one now: what is known of it no longer counts. */
  readonly left: (cluster: string) => void;
  /** New credentials that do not do; the old ones go on. */
  readonly refused: (problem: Problem) => void;
}

interface Member {
  readonly way: unknown;
  readonly target: Target;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** The declared clusters, each with a target that is followed. */
export class Members {
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  /** Digests of what the Secrets held when they were last used. */
  readonly #credentials = new Map<string, string>();
  #work: Promise<void> = Promise.resolve();
  #declared: unknown;
  #fail: (failure: unknown) => void = () => {};
  /** Never resolves; rejects with what nobody can go on after. */
  readonly failure: Promise<never>;

  constructor(options: MembersOptions) {
    this.#options = options;
    this.failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
  }

  get targets(): ReadonlyMap<string, Target> {
    return new Map([...this.#members].map(([name, { target }]) => [name, target]));
  }

  /** Opens what is new or reached in another way now, and closes what is declared no longer, beside the caller's work. */
  declare(intents: Pick<Intents, "mesh" | "clusters">): void {
    const declared = intents.clusters.map((cluster) => [cluster.metadata.name, wayTo(cluster, intents)]);
    if (isDeepStrictEqual(declared, this.#declared)) return;
    this.#declared = declared;
    this.#after(() => this.#declare(intents));
  }

  #after(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#fail);
  }

  /**
   * Until the signal aborts: opens anew the clusters whose credentials were changed, or could not be used. What is known of them stays.
   */
  async renew(intents: () => Pick<Intents, "mesh" | "clusters">, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.#options.credentialsEvery, undefined, { signal }).catch(() => {});
      for (const { metadata, spec } of intents().clusters) {
        if (signal.aborted) return;
        const { name } = metadata;
        const ref = spec.access.kubeconfig?.secretRef;
        const isOther =
          ref === undefined ? isBroken(this.#members.get(name)?.target) : await this.#isChanged(ref, signal);
        if (isOther) this.#after(() => this.#reopen(name, intents()));
      }
    }
  }

  async #isChanged(ref: SecretKey, signal: AbortSignal): Promise<boolean> {
    const text = await this.#options.readSecret(ref, signal).catch(() => undefined);
    return text !== undefined && digest(text) !== this.#credentials.get(keyOfSecret(ref));
  }

  /** It may be declared no longer by now. */
  async #reopen(name: string, intents: Pick<Intents, "mesh" | "clusters">): Promise<void> {
    const cluster = intents.clusters.find(({ metadata }) => metadata.name === name);
    if (cluster !== undefined && this.#members.has(name)) await this.#open(cluster, intents);
  }

  async close(): Promise<void> {
    await this.#work;
    await Promise.all([...this.#members.keys()].map((name) => this.#close(name)));
  }

  async #declare(intents: Pick<Intents, "mesh" | "clusters">): Promise<void> {
    const declared = new Set(intents.clusters.map(({ metadata }) => metadata.name));
    for (const name of [...this.#members.keys()].filter((each) => !declared.has(each))) {
      await this.#close(name);
      this.#options.left(name);
    }
    for (const cluster of intents.clusters) {
      const { name } = cluster.metadata;
      const member = this.#members.get(name);
      if (member !== undefined && isDeepStrictEqual(member.way, wayTo(cluster, intents))) continue;
      if (member !== undefined) {
        await this.#close(name);
        this.#options.left(name);
      }
      await this.#open(cluster, intents);
    }
  }

  async #open(cluster: MeshCluster, intents: Pick<Intents, "mesh">): Promise<void> {
    const { name } = cluster.metadata;
    const { kubeconfig } = this.#options;
    const opened = await openTargets(
      { mesh: intents.mesh, clusters: [cluster] },
      {
        readSecret: async (ref) => {
          const text = await this.#options.readSecret(ref);
          this.#credentials.set(keyOfSecret(ref), digest(text));
          return text;
        },
        ...(kubeconfig !== undefined && { kubeconfig }),
      },
    );
    const target = opened.get(name);
    if (target === undefined) throw new Error(`cluster ${name} was not opened`);
    const before = this.#members.get(name);
    if (before !== undefined && isBroken(target)) {
      if (!isBroken(before.target)) await target.observe().catch((failure: unknown) => this.#refuse(failure));
      await target.close();
      return;
    }
    before?.stop.abort();
    const stop = new AbortController();
    const done = this.#follow(target, stop.signal).catch(this.#fail);
    this.#members.set(name, { way: wayTo(cluster, intents), target, stop, done });
    await before?.done;
    await before?.target.close();
  }

  #refuse(failure: unknown): void {
    if (failure instanceof MeshError) this.#options.refused(failure.problem);
    else this.#fail(failure);
  }

  async #close(name: string): Promise<void> {
    const member = this.#members.get(name);
    this.#members.delete(name);
    member?.stop.abort();
    await member?.done;
    await member?.target.close();
  }

  /** A target that cannot be followed, since its kubeconfig does not do, is asked again with its credentials. */
  async #follow(target: Target, signal: AbortSignal): Promise<void> {
    const { happened, credentialsEvery } = this.#options;
    try {
      for (;;) {
        if (target.watch !== undefined) {
          for await (const event of target.watch({ signal })) happened(target.cluster, event);
        }
        const event = await observed(target, signal);
        happened(target.cluster, event);
        await delay(credentialsEvery, undefined, { signal });
      }
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }
}

async function observed(target: Target, signal: AbortSignal): Promise<ClusterEvent> {
  try {
    return { type: "observed", observation: await target.observe({ signal }) };
  } catch (failure) {
    signal.throwIfAborted();
    if (!(failure instanceof MeshError)) throw failure;
    return { type: "lost", problem: failure.problem };
  }
}

/** What a target depends on. */
function wayTo({ spec }: MeshCluster, { mesh }: Pick<Intents, "mesh">): unknown {
  return { access: spec.access, istioNamespace: mesh.spec.istioNamespace };
}

/** An API server for which there are no credentials that do. */
function isBroken(target: Target | undefined): boolean {
  return target?.source === "live" && target.watch === undefined;
}

/** To see a change, without keeping a secret. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function keyOfSecret({ namespace, name, key }: SecretKey): string {
  return `${namespace}/${name} ${key}`;
}
