import {
  compile,
  gatewayAddresses,
  type Intents,
  isOurs,
  istioCluster,
  type MeshCluster,
  MeshError,
  type Observed,
  type ObservedCluster,
  type RightPurpose,
} from "@isthmus/core";
import {
  type AnsweredRight,
  type CheckedCluster,
  type CheckInput,
  type GatewayProbe,
  gatewayListener,
  type Inspection,
  type Reading,
} from "@isthmus/core/check";
import { plan } from "@isthmus/core/plan";
import { observe } from "../observe/observe.ts";
import { type ReadOptions, readClusters } from "../observe/readClusters.ts";
import type { Target } from "../target/target.ts";
import { isImpatience, throwIfStopped } from "../withPatience.ts";
import { findKeyFiles } from "./findKeyFiles.ts";
import { probeGateway } from "./probeGateway.ts";

export interface GatherOptions extends ReadOptions {
  /** Where key files are looked for. */
  readonly cwd: string;
  /** The rights that are asked for. */
  readonly purposes: readonly RightPurpose[];
  /** Milliseconds for each address of a gateway. */
  readonly probeTimeout: number;
}

/** A gateway with more addresses than these is tried at the first ones only: each answers alike, or a node is down. */
const mostAddresses = 8;

/**
 * Everything that the checks are functions of: all clusters at the same time, then, since it depends on what they hold, each
 * gateway's addresses. Throws only the reason of a `signal` that stops.
 */
export async function gatherFacts(
  intents: Intents,
  targets: ReadonlyMap<string, Target>,
  options: GatherOptions,
): Promise<CheckInput> {
  const { signal } = options;
  const [{ observed, problems }, inspections, keyFiles] = await Promise.all([
    observe(targets, options),
    inspectAll(targets, options),
    findKeyFiles(options.cwd),
  ]);
  const compiled = compile(intents, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false });
  const declared = [...intents.clusters].sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
  const clusters = await Promise.all(
    declared.map(async (each): Promise<CheckedCluster> => {
      const name = each.metadata.name;
      const target = targets.get(name);
      const cluster = observed.clusters.get(name);
      const places = new Set(
        [...(compiled.desired.get(name) ?? []), ...(cluster?.objects.filter(isOurs) ?? [])].flatMap(
          ({ metadata }) => metadata.namespace ?? [],
        ),
      );
      const [inspection, probes] = await Promise.all([
        withNarrowRights(inspections.get(name), target, [...places].sort(), signal),
        cluster === undefined ? [] : probeAll(each, cluster, intents, options),
      ]);
      return {
        declared: each,
        source: target?.source ?? "live",
        observed: observedOf(name, observed),
        inspection,
        probes,
      };
    }),
  );
  throwIfStopped(signal);
  return {
    now: new Date().toISOString(),
    intents,
    clusters,
    compiled,
    problems: [...problems, ...compiled.problems, ...planned.problems],
    keyFiles,
  };
}

function observedOf(name: string, { clusters, unreachable }: Observed): Reading<ObservedCluster> {
  const cluster = clusters.get(name);
  if (cluster !== undefined) return { value: cluster };
  const problem = unreachable.get(name);
  if (problem === undefined) throw new RangeError(`cluster ${name} was not observed`);
  return { problem };
}

type Inspections = ReadonlyMap<string, Reading<Inspection>>;

async function inspectAll(
  targets: ReadonlyMap<string, Target>,
  { onWaiting: _, ...options }: GatherOptions,
): Promise<Inspections> {
  const asked = new Map([...targets].filter(([, { inspect }]) => inspect !== undefined));
  const inspect = async (target: Target, signal: AbortSignal) => target.inspect?.(options.purposes, { signal });
  const found: (readonly [string, Reading<Inspection>])[] = [];
  for (const [name, read] of await readClusters(asked, inspect, options)) {
    if ("problems" in read) found.push([name, { problem: read.problems[0] }]);
    else if (read.value !== undefined) found.push([name, { value: read.value }]);
  }
  return new Map(found);
}

/** A user that may not write everywhere may be allowed to where it is needed. */
async function withNarrowRights(
  reading: Reading<Inspection> | undefined,
  target: Target | undefined,
  namespaces: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Reading<Inspection> | undefined> {
  if (reading === undefined || "problem" in reading || target?.review === undefined) return reading;
  const denied = reading.value.rights.filter(({ purpose, allowed }) => purpose === "write" && !allowed);
  if (denied.length === 0 || namespaces.length === 0) return reading;
  const asked = denied.flatMap(({ allowed: _, ...right }) => namespaces.map((namespace) => ({ ...right, namespace })));
  let answered: readonly AnsweredRight[];
  try {
    answered = await target.review(asked, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfStopped(signal);
    // What it would refuse everywhere is known, and more it does not say.
    if (error instanceof MeshError || isImpatience(error)) return reading;
    throw error;
  }
  const kept = reading.value.rights.filter((right) => !denied.includes(right));
  return { value: { ...reading.value, rights: [...kept, ...answered] } };
}

async function probeAll(
  declared: MeshCluster,
  cluster: ObservedCluster,
  intents: Intents,
  { probeTimeout, signal }: GatherOptions,
): Promise<readonly GatewayProbe[]> {
  if (cluster.source === "directory") return [];
  const facts = istioCluster(cluster, intents);
  const found = gatewayAddresses(facts, declared.spec.eastWestGateway, declared.spec.locality);
  if (!("addresses" in found)) return [];
  const sni = gatewayListener(facts, declared, intents.mesh)?.sni;
  return Promise.all(
    found.addresses.slice(0, mostAddresses).map(({ address, port }) =>
      probeGateway(address, port, {
        timeout: probeTimeout,
        ...(sni === undefined ? {} : { sni }),
        ...(signal && { signal: AbortSignal.any([signal]) }),
      }),
    ),
  );
}
