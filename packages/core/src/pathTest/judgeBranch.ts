import {
  type IstioCluster,
  memoised,
  parseDuration,
  podLabels,
  regionLabel,
  spiffeId,
  type Workload,
} from "../istio/index.ts";
import { nearestName } from "../model/index.ts";
import {
  isCalled,
  isReached,
  type PodName,
  showOutcome,
  type TraceBranch,
  type TraceCode,
  type TraceHop,
  type TraceRequest,
  type TraceWorld,
  workloadNamed,
} from "../trace/index.ts";
import type { Expect, Refusal, Where } from "./pathTestSchema.ts";

/** Whether an expectation holds; undefined: that cannot be told. `why` is a clause for people. */
export interface Judgement {
  readonly holds: boolean | undefined;
  readonly why: string;
  /** It holds, or does not, only because there is nothing to look at: nothing could make it otherwise. */
  readonly isEmpty?: boolean;
}

/** One way of a request, against each thing that is expected of it but a split, which is of all ways together. */
export function judgeBranch(
  world: TraceWorld,
  { from }: Pick<TraceRequest, "from">,
  branch: TraceBranch,
  expect: Expect,
): readonly Judgement[] {
  const { reaches, refused, identity, mutualTLS, staysInRegion, timeout, retries } = expect;
  return [
    ...(reaches === undefined ? [] : [judgeReaches(world, branch, reaches)]),
    ...(refused === undefined ? [] : [judgeRefused(branch, refused)]),
    ...(identity === undefined ? [] : [judgeIdentity(branch, identity)]),
    ...(mutualTLS === undefined ? [] : [wanted(mutualTls(branch), mutualTLS)]),
    ...(staysInRegion === undefined ? [] : [wanted(region(world, from, branch), staysInRegion)]),
    ...(timeout === undefined ? [] : [judgeTimeout(branch, timeout.atMost)]),
    ...(retries === undefined ? [] : [judgeRetries(branch, retries.atMost)]),
  ];
}

const cannotTell = (why: string): Judgement => ({ holds: undefined, why });
const empty = (why: string): Judgement => ({ holds: true, why, isEmpty: true });

/** The opposite where that is what is expected. */
function wanted({ holds, why, isEmpty }: Judgement, expected: boolean): Judgement {
  if (isEmpty === true) return empty(why);
  return { holds: holds === undefined ? undefined : holds === expected, why };
}

function judgeReaches(world: TraceWorld, branch: TraceBranch, reaches: NonNullable<Expect["reaches"]>): Judgement {
  const { outcome } = branch;
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  if (outcome.kind !== "answered" || !isReached(branch)) return { holds: false, why: whyRefused(branch) };
  const { by } = outcome;
  const why = showOutcome(outcome);
  if (reaches.outside === true) return { holds: by.type === "outside", why };
  return { holds: isAt(world, branch, reaches), why };
}

/** Whether what answers is what is meant; of a proxy or something outside nothing is known but that it answers. */
export function isAt(world: TraceWorld, { outcome }: TraceBranch, where: Where): boolean {
  if (outcome.kind !== "answered") return false;
  if (!isNamed(where)) return true;
  const { by } = outcome;
  return by.type === "workload" && isThere({ labels: workloadNamed(world.clusters, by)?.labels ?? {}, ...by }, where);
}

function isNamed({ workload, namespace, cluster, version }: Where): boolean {
  return [workload, namespace, cluster, version].some((each) => each !== undefined);
}

function isThere(
  by: Pick<Workload, "name" | "namespace" | "cluster" | "labels">,
  { workload, namespace, cluster, version }: Where,
): boolean {
  return (
    (workload === undefined || isCalled(by, workload)) &&
    (namespace === undefined || by.namespace === namespace) &&
    (cluster === undefined || by.cluster === cluster) &&
    (version === undefined || by.labels.version === version)
  );
}

/** Why nothing can ever be as is expected: nobody is, or runs as, who is named. */
export function whyNever(world: TraceWorld, { reaches, identity = "none" }: Expect): string | undefined {
  const isKnown = identity === "none" || [...world.clusters.values()].some((each) => identitiesOf(each).has(identity));
  return (reaches && whyNobody(world, reaches)) ?? (isKnown ? undefined : `no workload runs as ${identity}`);
}

const identitiesOf = memoised(
  ({ workloads, settings: { trustDomain } }: IstioCluster): ReadonlySet<string> =>
    new Set(workloads.map(({ namespace, serviceAccount }) => spiffeId(trustDomain, namespace, serviceAccount))),
);

/** Why nothing can ever answer from there: no workload is like that. Undefined where one is, or where anything will do. */
export function whyNobody({ clusters }: TraceWorld, where: Where): string | undefined {
  const all = [...clusters.values()].flatMap(({ workloads }) => workloads);
  if (!isNamed(where) || all.some((each) => isThere(each, where))) return undefined;
  const { workload, namespace, cluster, version } = where;
  const asked = { cluster, namespace, workload, version };
  const known = {
    cluster: [...clusters.keys()],
    namespace: all.map((each) => each.namespace),
    workload: all.map(({ labels, name }) => labels.app ?? name),
    version: all.flatMap(({ labels }) => labels.version ?? []),
  };
  const words = Object.entries(asked).flatMap(([field, name]) => (name === undefined ? [] : [`${field} ${name}`]));
  const meant = (["cluster", "namespace", "workload", "version"] as const).flatMap((field) => {
    const name = asked[field];
    return name === undefined || known[field].includes(name) ? [] : (nearestName(name, known[field]) ?? []);
  });
  return `no workload is of ${words.join(", ")}${meant.length === 0 ? "" : `; did you mean ${meant.join(", ")}?`}`;
}

function judgeRefused(branch: TraceBranch, { by, status }: NonNullable<Expect["refused"]>): Judgement {
  const { outcome } = branch;
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  if (isReached(branch)) return { holds: false, why: showOutcome(outcome) };
  const why = whyRefused(branch);
  const isRight = by === undefined || refusalOf(branch) === by;
  const seen = outcome.kind === "refused" || outcome.kind === "answered" ? outcome.status : undefined;
  return { holds: isRight && (status === undefined || seen === status), why };
}

function whyRefused(branch: TraceBranch): string {
  const hop = branch.hops.find(({ status }) => status === "broken");
  const seen = showOutcome(branch.outcome);
  return hop === undefined ? seen : `${seen}: ${hop.detail}`;
}

/** Whether nobody has the name, or the port, that is called, so that it is refused whatever is expected: more likely it is a slip. */
export function isNowhere({ hops }: TraceBranch): boolean {
  return hops.some(
    ({ status, code, object }) =>
      status === "broken" &&
      (code === "TRACE_HOST_UNKNOWN" ||
        code === "TRACE_PORT_UNDECLARED" ||
        (code === "TRACE_GATEWAY_ROUTE" && object?.kind === "Gateway")),
  );
}

/** Why a request is refused, by what is wrong at the hop that refuses it. */
function refusalOf({ hops, outcome }: TraceBranch): Refusal {
  const code = hops.flatMap((hop) => (hop.status === "broken" ? [hop.code] : []))[0];
  if (code !== undefined && refusalByCode[code] !== undefined) return refusalByCode[code];
  switch (outcome.kind) {
    case "no-such-host":
      return "host";
    case "timeout":
      return "timeout";
    default:
      return outcome.kind === "refused" && outcome.status === 404 ? "route" : "unavailable";
  }
}

const refusalByCode: Readonly<Partial<Record<TraceCode, Refusal>>> = {
  TRACE_DENIED: "policy",
  TRACE_TOKEN: "token",
  TRACE_ROUTE_ABORTS: "fault",
  TRACE_ROUTE_MISSING: "route",
  TRACE_GATEWAY_ROUTE: "route",
  TRACE_EGRESS_FORBIDDEN: "route",
  TRACE_MUTUAL_TLS: "handshake",
  TRACE_CLIENT_CERTIFICATE: "handshake",
  TRACE_TRUST: "handshake",
  TRACE_IDENTITY: "handshake",
  TRACE_NO_SIDECAR: "handshake",
  TRACE_TLS_IN_TLS: "handshake",
  TRACE_NO_FILTER_CHAIN: "handshake",
};

function judgeIdentity(branch: TraceBranch, identity: string): Judgement {
  const { hops, outcome } = branch;
  const taken = hops.findLastIndex(({ wire }) => wire !== undefined);
  const station = hops[taken];
  if (station === undefined) {
    if (outcome.kind === "unknown") return cannotTell(outcome.why);
    return { holds: false, why: `no server sees a caller: ${whyRefused(branch)}` };
  }
  if (station.wire === "plain text") return { holds: identity === "none", why: "the server sees nobody: plain text" };
  const seen = hops
    .slice(taken)
    .flatMap(({ identities }) => (identities === undefined ? [] : [identities]))
    .at(-1);
  if (seen?.client === undefined) {
    return outcome.kind === "unknown"
      ? cannotTell(outcome.why)
      : { holds: identity === "none", why: "the server sees no identity of the mesh" };
  }
  return { holds: seen.client === identity, why: `the server sees ${seen.client}` };
}

function mutualTls(branch: TraceBranch): Judgement {
  const { hops, outcome } = branch;
  const open = hops.find(({ wire }) => wire !== undefined && wire !== "mutual TLS");
  if (open !== undefined) return { holds: false, why: `${open.wire}: ${open.detail}` };
  if (outcome.kind === "answered" && outcome.by.type === "outside") {
    return { holds: false, why: `${showOutcome(outcome)}, outside of the mesh` };
  }
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  const first = hops.find(({ wire }) => wire !== undefined);
  return first === undefined
    ? empty(`no connection is taken: ${whyRefused(branch)}`)
    : { holds: true, why: "each connection is mutual TLS" };
}

function region(world: TraceWorld, from: TraceRequest["from"], branch: TraceBranch): Judgement {
  const { hops, outcome } = branch;
  if ("outside" in from) return cannotTell("the region of a client outside is not known");
  const own = regionsOf(world, { cluster: from.cluster, namespace: from.namespace, name: from.workload });
  const [home] = own;
  if (home === undefined || own.length > 1) return cannotTell(`the region of ${from.workload} is not known`);
  if (outcome.kind === "answered" && outcome.by.type === "outside") {
    return { holds: false, why: `${showOutcome(outcome)}, outside of the mesh` };
  }
  const stations = hops.filter(({ wire }) => wire !== undefined);
  const places = stations.map((hop) => ({ hop, regions: regionsOf(world, podOf(hop)) }));
  const away = places.find(({ regions }) => regions.length > 0 && !regions.includes(home));
  if (away !== undefined) {
    return { holds: false, why: `it leaves ${home} for ${away.regions.join(", ")}: ${away.hop.detail}` };
  }
  const unclear = places.find(({ regions }) => regions.length !== 1);
  if (unclear !== undefined) return cannotTell(`the region is not known: ${unclear.hop.detail}`);
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  return stations.length === 0
    ? empty(`no connection is taken: ${whyRefused(branch)}`)
    : { holds: true, why: `all that it comes through is in ${home}` };
}

/** A gateway's hop names its Gateway, so that of its pods only the cluster is known. */
function podOf({ cluster = "", name, object }: TraceHop): PodName {
  const isPod = name === "destination" && object?.namespace !== undefined;
  return { cluster, namespace: isPod ? object.namespace : "", name: isPod ? object.name : "" };
}

/** The region of a pod, or of each node of its cluster where that is not known. */
function regionsOf(world: TraceWorld, pod: PodName): readonly string[] {
  const cluster = world.clusters.get(pod.cluster);
  if (cluster === undefined) return [];
  const workload = workloadNamed(world.clusters, pod);
  const own = workload === undefined ? undefined : podLabels(cluster, workload).labels[regionLabel];
  if (own !== undefined && own !== "") return [own];
  const nodes = cluster.all("Node").flatMap(({ metadata }) => metadata.labels?.[regionLabel] ?? []);
  const declared = world.declared.find(({ metadata }) => metadata.name === pod.cluster)?.spec.locality?.region;
  return [...new Set(nodes.length > 0 ? nodes : declared === undefined ? [] : [declared])];
}

function judgeTimeout(branch: TraceBranch, written: string): Judgement {
  const { hops, outcome } = branch;
  const routes = hops.flatMap(({ limits }) => (limits === undefined ? [] : [limits]));
  const times = routes.flatMap(({ timeout }) => (timeout === undefined ? [] : [timeout]));
  const least = times.reduce((found, each) => Math.min(found, each), Number.POSITIVE_INFINITY);
  if (least <= (parseDuration(written) ?? 0)) return { holds: true, why: `its time is ${least / 1000} s` };
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  if (routes.length === 0 && !isReached(branch)) return empty(`no route sends it on: ${whyRefused(branch)}`);
  return { holds: false, why: times.length === 0 ? "no route limits its time" : `its time is ${least / 1000} s` };
}

function judgeRetries(branch: TraceBranch, atMost: number): Judgement {
  const { hops, outcome } = branch;
  const counts = hops.flatMap(({ limits }) => (limits === undefined ? [] : [limits.retries]));
  const most = counts.reduce((found, each) => Math.max(found, each), 0);
  const why = most === 0 ? "it is not tried again" : `it is tried again up to ${most} times`;
  if (most > atMost) return { holds: false, why };
  if (outcome.kind === "unknown") return cannotTell(outcome.why);
  return counts.length === 0 && !isReached(branch)
    ? empty(`no route sends it on: ${whyRefused(branch)}`)
    : { holds: true, why };
}
