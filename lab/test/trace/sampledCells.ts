import { type Answer, reachability, requestOf } from "@isthmus/core/reachability";
import { type AssumptionKind, type Trace, type TraceRequest, type TraceWorld, trace } from "@isthmus/core/trace";
import { pick, randomNumbers } from "./combinations.ts";
import type { Call, ClusterName } from "./scenario.ts";
import type { Placed } from "./wave.ts";

/** What who-reaches-what says of one caller and one request, and the call that shows it. */
export interface Cell {
  readonly call: Call;
  readonly answer: Answer;
  /** What trace says of this very caller and request. */
  readonly traced: Trace;
}

/** Names of the lab itself; the waves' markers are names that no DNS has, which a trace has to take for granted. */
const passedOver = /\.(istio-system|kube-system|default)\.svc\.|\.marker$/;

/**
 * So many cells of a wave, by slot: the same ones each time, and no kind of answer before all others have been taken as often.
 */
export function sampleCells(
  world: TraceWorld,
  wave: readonly Placed[],
  { count, seed }: { readonly count: number; readonly seed: number },
): ReadonlyMap<Placed, readonly Cell[]> {
  const slots = new Map(
    wave.flatMap((placed) => [placed.place.client, placed.place.server].map((name) => [name, placed])),
  );
  const { targets } = reachability(world, {
    isCaller: ({ namespace = "" }) => slots.has(namespace),
    isTarget: ({ host, scheme }) => ["http", "tcp"].includes(scheme) && !passedOver.test(host),
  });
  const kinds = new Map<string, { readonly request: TraceRequest; readonly answer: Answer }[]>();
  for (const { target, groups } of targets) {
    for (const { callers, answers } of groups) {
      for (const { examples, answer } of answers) {
        const { verdict, outcome, code, mutualTls } = answer;
        if (verdict === "unknown") continue;
        const kind = JSON.stringify([target.scheme, verdict, outcome, code, mutualTls]);
        const cells = kinds.get(kind) ?? [];
        kinds.set(kind, cells);
        for (const caller of callers)
          cells.push(...examples.map((parts) => ({ request: requestOf(caller, target, parts), answer })));
      }
    }
  }
  const random = randomNumbers(seed);
  const found = new Map<Placed, Cell[]>(wave.map((placed) => [placed, []]));
  const left = [...kinds.values()];
  let taken = 0;
  for (let turn = 0; taken < count && left.length > 0; turn++) {
    const cells = left[turn % left.length] ?? [];
    const cell = pick(cells, random);
    cells.splice(cells.indexOf(cell), 1);
    if (cells.length === 0) left.splice(left.indexOf(cells), 1);
    const call = callOf(cell.request);
    const placed = slots.get(call.from.split("/")[0] ?? "");
    const traced = trace(world, cell.request);
    // What is outside of the clusters, and in containers that tell no port, is not there.
    if (placed === undefined || traced.assumes.some(({ about }) => untrue.has(about))) continue;
    // In the logs of pods of other slots a call without a path cannot be told from theirs.
    if (!isOf(placed, cell.request) || !isSpoken(traced)) continue;
    // A call's token is sent in the header where clients send it unless told otherwise.
    if (JSON.stringify(cell.request).includes("{token}")) continue;
    found.get(placed)?.push({ call, answer: cell.answer, traced });
    taken++;
  }
  return found;
}

const untrue: ReadonlySet<AssumptionKind> = new Set(["name", "server", "application"]);

/** The request is for a host of the slot, or of its scenario. */
function isOf({ place: { id, client, server } }: Placed, { url: { host } }: TraceRequest): boolean {
  return host.includes(id) || host.includes(`.${client}.`) || host.includes(`.${server}.`);
}

/** What an app speaks is its own affair: HTTP at 8080 here, lines of text at the other ports. */
function isSpoken({ request, branches }: Trace): boolean {
  const isHttp = request.url.scheme === "http";
  return branches.every(
    ({ outcome }) =>
      outcome.kind !== "answered" || outcome.by.type !== "workload" || (outcome.by.port === 8080) === isHttp,
  );
}

/** Whether the cell of a group says what trace says of the caller itself. */
export function isTraced({ answer, traced }: Cell): boolean {
  return answer.verdict === traced.verdict && (traced.blamed === undefined || traced.blamed.code === answer.code);
}

function callOf({ from, url, method, headers, claims }: TraceRequest): Call {
  if (!("workload" in from)) throw new Error("a client outside has no slot");
  const { scheme, host, port, path } = url;
  return {
    // By the name of its Deployment, as access logs are found.
    ...{ cluster: from.cluster as ClusterName, from: `${from.namespace}/${from.workload.replace(/-1$/, "")}` },
    ...{ url: `${scheme}://${host}:${port}${path}`, method, headers },
    ...(claims === undefined ? {} : { claims }),
  };
}
