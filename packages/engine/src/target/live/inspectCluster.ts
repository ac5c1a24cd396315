import {
  type AskedRight,
  askedRights,
  type CheckedKind,
  catalog,
  deploymentKind,
  endpointSliceKind,
  type KubeObject,
  MeshError,
  mutatingWebhookKind,
  type RightPurpose,
  serviceCidrKind,
} from "@isthmus/core";
import type { AnsweredRight, Inspection, Reading } from "@isthmus/core/check";
import { failureProblem, type KubeClient } from "@isthmus/kube";

export interface InspectOptions {
  readonly cluster: string;
  readonly istioNamespace: string;
  /** The rights that are asked for. */
  readonly purposes: readonly RightPurpose[];
  readonly signal: AbortSignal | undefined;
}

/** What only `isthmus check` asks of an API server. Throws a `MeshError` where it does not answer at all. */
export async function inspectCluster(client: KubeClient, options: InspectOptions): Promise<Inspection> {
  const { cluster, istioNamespace, purposes, signal } = options;
  // Each call listens to a signal of its own: so many listeners on one would look like a leak to Node.
  const aborting = () => (signal === undefined ? {} : { signal: AbortSignal.any([signal]) });
  try {
    // Before all others: where nobody answers, one call finds that out.
    const version = await client.version(aborting());
    const list = async (kind: CheckedKind): Promise<Reading<readonly KubeObject[]>> => {
      const scope = kind.scope === "istio" ? { namespace: istioNamespace } : {};
      return readingOf(client.list(kind, { ...scope, ...aborting() }), cluster);
    };
    const [clock, rights, served, deployments, endpointSlices, mutatingWebhooks, serviceCidrs] = await Promise.all([
      readClock(client, aborting()),
      reviewRights(client, askedRights(purposes, istioNamespace), signal),
      readServed(client, aborting),
      list(deploymentKind),
      list(endpointSliceKind),
      list(mutatingWebhookKind),
      list(serviceCidrKind),
    ]);
    return {
      version,
      ...(clock === undefined ? {} : { clock }),
      ...{ rights, served, deployments, endpointSlices, mutatingWebhooks, serviceCidrs },
    };
  } catch (error) {
    signal?.throwIfAborted();
    const problem = failureProblem(error, cluster);
    throw problem === undefined ? error : new MeshError(problem, { cause: error });
  }
}

/** Asks for each right by itself. */
export async function reviewRights(
  client: KubeClient,
  rights: readonly AskedRight[],
  signal: AbortSignal | undefined,
): Promise<readonly AnsweredRight[]> {
  return Promise.all(
    rights.map(async (right) => {
      const { verb, group, resource, namespace, name } = right;
      const where = { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
      const options = signal === undefined ? {} : { signal: AbortSignal.any([signal]) };
      return { ...right, allowed: await client.mayI({ verb, group, resource, ...where }, options) };
    }),
  );
}

/** The connection stands already, so the answer's time is half a round trip old; it is told to the second, rounded down. */
async function readClock(
  client: KubeClient,
  options: { readonly signal?: AbortSignal },
): Promise<Inspection["clock"] | undefined> {
  const asked = Date.now();
  const told = await client.clock(options);
  const roundTrip = Date.now() - asked;
  if (told === undefined) return undefined;
  return { ahead: Math.round(told + 500 - (asked + roundTrip / 2)), uncertainty: Math.ceil(500 + roundTrip / 2) };
}

async function readServed(
  client: KubeClient,
  aborting: () => { readonly signal?: AbortSignal },
): Promise<readonly string[]> {
  const versions = new Map(catalog.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  const served = await Promise.all(
    [...versions.values()].map(async ({ group, version }) =>
      (await client.served(group, version, aborting())).map((plural) => (group === "" ? plural : `${plural}.${group}`)),
    ),
  );
  return served.flat();
}

async function readingOf<T>(call: Promise<T>, cluster: string): Promise<Reading<T>> {
  try {
    return { value: await call };
  } catch (error) {
    const problem = failureProblem(error, cluster);
    if (problem?.code !== "CLUSTER_FORBIDDEN" && problem?.code !== "KIND_NOT_INSTALLED") throw error;
    return { problem };
  }
}
