import { say } from "../findings/index.ts";
import { labelsMatch } from "../istio/index.ts";
import type { AcrossPath, ExternalServicePath } from "../model/index.ts";
import { broken } from "./hop.ts";
import { traceOf } from "./trace.ts";
import type { AnsweredBy, Trace, TraceBranch, TraceHopName } from "./traceResult.ts";
import type { TraceWorld } from "./traceWorld.ts";
import { workloadNamed } from "./workloadNamed.ts";

/** What is known of a name that several clusters may serve. */
export interface NameInfo {
  readonly world: TraceWorld;
  /** The one cluster that a host of the consumer's leads to, where it is one. */
  readonly serverOf: (host: string) => string | undefined;
}

/**
 * Where a branch ends:
 * - `server`: at pods or a gateway of a cluster;
 * - `consumer`: before any connection, so that it concerns all servers of the name;
 * - `nowhere`: at an address that nobody has;
 * - `strange`: at something that the name is not for.
 */
type End =
  | { readonly kind: "server"; readonly cluster: string }
  | { readonly kind: "consumer" | "nowhere" | "strange" };

/**
 * The part of a name's trace that concerns one server: branches that end at its cluster, and what happens to all of them before.
 * A retry at another cluster does not make up for a failure at this one. Where no call comes there as things stand, since
 * others are nearer or a route sends calls elsewhere, `wider` gives the ways that there are besides.
 */
export function traceOfPath(whole: Trace, wider: () => Trace, path: AcrossPath, name: NameInfo): PathShare {
  const now = partsOf(whole, path, name);
  const { own, common, strange, lost, others } = now;
  const share = sum(own);
  const judged = (branches: readonly TraceBranch[]) => ({ trace: traceOf(whole.request, scaled(branches)), share });
  if (share === 1 && own.length === whole.branches.length) return { trace: whole, share };
  if (own.length > 0) return judged([...own, ...common, ...strange]);
  if (others.length === 0) return judged([...common, ...strange, ...lost]);
  const besides = partsOf(wider(), path, name);
  if (besides.own.length > 0) return judged([...besides.own, ...common, ...strange]);
  if (besides.lost.length > 0) return judged([...besides.lost, ...common, ...strange]);
  return judged([...others.map((branch) => astray(branch, meant(path))), ...common, ...strange]);
}

/** A call out of the mesh goes as it is declared: by what the caller's proxy knows of the host, and by the gateway that it names. */
export function traceExternalService(whole: Trace, path: ExternalServicePath): Trace {
  const { host, consumer, via } = path;
  const isAsDeclared = ({ hops }: TraceBranch) =>
    via === undefined
      ? hops.some(({ name }) => name === "policy")
      : hops.some(({ name, cluster }) => name === "gateway" && cluster === via);
  // Once it has left past them, it is not as declared, whether somebody answers there or not.
  const isAstray = (branch: TraceBranch) => {
    const { outcome, hops } = branch;
    const hasLeft = outcome.kind === "unknown" && hops.at(-1)?.name === "connection";
    return (outcome.kind === "answered" || hasLeft) && !isAsDeclared(branch);
  };
  if (!whole.branches.some(isAstray)) return whole;
  const way = via === undefined ? `the proxies of ${consumer.cluster}` : `the gateway of ${via}`;
  const branches = whole.branches.map((branch) =>
    isAstray(branch) ? astray(withoutDoubt(branch), { host, what: `${host} is declared to leave by ${way}` }) : branch,
  );
  return traceOf(whole.request, branches);
}

/** What is not known of a call's end does not matter where it must not end there. */
function withoutDoubt(branch: TraceBranch): TraceBranch {
  return { ...branch, hops: branch.hops.map((hop) => (hop.status === "unknown" ? { ...hop, status: "ok" } : hop)) };
}

export interface PathShare {
  readonly trace: Trace;
  /** Of the calls of the name, in 0..1: what comes to the path's server as things stand. */
  readonly share: number;
}

interface Parts {
  readonly own: readonly TraceBranch[];
  readonly common: readonly TraceBranch[];
  readonly strange: readonly TraceBranch[];
  readonly lost: readonly TraceBranch[];
  /** At other servers. */
  readonly others: readonly TraceBranch[];
}

function partsOf({ branches }: Trace, path: AcrossPath, name: NameInfo): Parts {
  const ended = branches.map((branch) => ({ branch, end: endOf(branch, path, name) }));
  const of = (kind: End["kind"]) => ended.flatMap(({ branch, end }) => (end.kind === kind ? [branch] : []));
  const atServers = (isOwn: boolean) =>
    ended.flatMap(({ branch, end }) =>
      end.kind === "server" && (end.cluster === path.server.cluster) === isOwn ? [branch] : [],
    );
  return {
    own: atServers(true),
    common: of("consumer"),
    strange: of("strange").map((branch) => astray(branch, meant(path))),
    lost: of("nowhere"),
    others: atServers(false),
  };
}

function sum(branches: readonly TraceBranch[]): number {
  return branches.reduce((total, { probability }) => total + probability, 0);
}

function scaled(branches: readonly TraceBranch[]): readonly TraceBranch[] {
  const total = sum(branches);
  return total === 0
    ? branches.map((branch) => ({ ...branch, probability: 1 / branches.length }))
    : branches.map((branch) => ({ ...branch, probability: branch.probability / total }));
}

/** Stations of a branch that has left the caller's proxy. */
const beyond: ReadonlySet<TraceHopName> = new Set<TraceHopName>([
  ...(["connection", "gateway", "passthrough", "gateway route", "destination", "mutual TLS", "identity"] as const),
  ...(["authentication", "authorization", "application"] as const),
]);

function endOf({ hops, outcome }: TraceBranch, path: AcrossPath, { world, serverOf }: NameInfo): End {
  if (outcome.kind === "answered") {
    const { by } = outcome;
    if (by.type === "proxy") return { kind: "consumer" };
    if (by.type === "outside") return { kind: "strange" };
    return isServed(by, path, world) ? { kind: "server", cluster: by.cluster } : { kind: "strange" };
  }
  const last = hops.at(-1);
  if (last?.upstream !== undefined) {
    const cluster = serverOf(last.upstream.host);
    return cluster === undefined ? { kind: "consumer" } : { kind: "server", cluster };
  }
  if (last !== undefined && "code" in last && last.code === "TRACE_ADDRESS_UNKNOWN") return { kind: "nowhere" };
  const cluster = hops.findLast(({ name }) => beyond.has(name))?.cluster;
  return cluster === undefined ? { kind: "consumer" } : { kind: "server", cluster };
}

/** Whether a workload is one of those that serve the path's Service; of a Service without a selector that cannot be told. */
function isServed(
  { cluster: name, namespace, name: pod }: Extract<AnsweredBy, { type: "workload" }>,
  { server }: AcrossPath,
  { clusters }: TraceWorld,
): boolean {
  const cluster = clusters.get(name);
  const service = cluster?.service(server.namespace, server.service);
  if (namespace !== server.namespace) return false;
  const workload = workloadNamed(clusters, { cluster: name, namespace, name: pod });
  if (service?.spec.selector === undefined || workload === undefined) return true;
  return labelsMatch({ ...service.spec.selector, ...server.labels }, workload.labels);
}

function meant({ host, server }: AcrossPath) {
  return { host, what: `${host} is for ${server.namespace}/${server.service} of ${server.cluster}` };
}

/** It gets an answer, or an error, from what the name is not for. */
function astray(branch: TraceBranch, { host, what }: { readonly host: string; readonly what: string }): TraceBranch {
  const { hops } = branch;
  const last = hops.at(-1);
  const { object, field } = hops.findLast((hop) => hop.name === "endpoints" || hop.name === "route") ?? {};
  const hop = broken({
    name: last?.name ?? "application",
    ...(last?.cluster === undefined ? {} : { cluster: last.cluster }),
    ...(object === undefined ? {} : { object }),
    ...(field === undefined ? {} : { field }),
    code: "TRACE_ELSEWHERE",
    detail: `${what}, and the call ends elsewhere: ${last?.detail ?? "nowhere known"}`,
    fix: say`Correct what leads there, or let Isthmus write ${{ host }} again: isthmus apply.`,
    source: "pilot/pkg/networking/core/route/route.go",
  });
  return { ...branch, hops: [...hops, hop] };
}
