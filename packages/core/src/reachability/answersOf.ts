import type { HttpRoute } from "../istio/index.ts";
import { policiesOf } from "../istio/policy/index.ts";
import { type TraceRequest, type TraceWorld, trace } from "../trace/index.ts";
import { aboutHost } from "./aboutHost.ts";
import { type Answer, answerKey, answerOf } from "./answer.ts";
import { type Caller, isOutside } from "./callers.ts";
import type { Box } from "./describeBoxes.ts";
import { axesOf, describeClasses, plainRequest, type RequestParts, requestClasses } from "./requestClasses.ts";
import { forwardedDoubts, requestDimensions } from "./requestMatchers.ts";
import { calledHost, calledNames, type OutsideTarget, type Target } from "./targets.ts";
import { certificateAxis, tokenAxis } from "./tokenAxis.ts";
import { Visited } from "./visited.ts";

/** Who calls, in one state of the clusters; undefined: there nobody is that caller. */
export interface View {
  readonly world: TraceWorld;
  readonly caller: Caller | undefined;
}

type OfEach<Views extends readonly View[], T> = { readonly [Index in keyof Views]: T };

/** What comes of the requests of one class, in each view. */
export interface ClassAnswers<Views extends readonly View[]> {
  /** `any request`, `POST /admin*; DELETE`, for people. */
  readonly requests: string;
  /** One request of each class that has these answers. */
  readonly examples: readonly RequestParts[];
  readonly answers: OfEach<Views, Answer>;
}

export interface ClassesFound<Views extends readonly View[] = readonly [View]> {
  /** Those that most classes have come first. */
  readonly classes: readonly ClassAnswers<Views>[];
  /** Why there may be requests with other answers. */
  readonly untold: readonly string[];
  readonly visited: OfEach<Views, Visited>;
}

type CalledTarget = Target & Partial<Pick<OutsideTarget, "asksForCertificate">>;
/**
 * What comes of each class of requests, told apart by whatever any of the views tells apart. What is on their way tells the classes,
 * so that it is looked for until nothing is new.
 */
export function answersOf<const Views extends readonly View[]>(
  views: Views,
  target: CalledTarget,
): ClassesFound<Views> {
  const asking = views.map((view) => new Asking(view, target));
  const ofEach = <T>(make: (each: Asking) => T) => asking.map(make) as OfEach<Views, T>;
  for (;;) {
    const before = asking.map(({ visited }) => visited.workloads.size);
    const { axes, untold } = axesAt(asking, target);
    const { classes, isCut } = requestClasses(axes, plainRequest(target));
    const byAnswers = new Map<string, Found<Views>>();
    for (const { box, parts } of classes) {
      const answers = ofEach((each) => each.answer(parts));
      const key = JSON.stringify(answers.map(answerKey));
      const known = byAnswers.get(key) ?? { answers, boxes: [], examples: [] };
      byAnswers.set(key, known);
      known.boxes.push(box);
      known.examples.push(parts);
    }
    if (asking.some(({ visited }, index) => visited.workloads.size > (before[index] ?? 0))) continue;
    const found = [...byAnswers.values()]
      .sort((one, other) => other.boxes.length - one.boxes.length)
      .map(({ answers, boxes, examples }) => ({
        requests: byAnswers.size === 1 ? "any request" : describeClasses(axes, boxes),
        examples,
        answers,
      }));
    const cut = isCut ? ["so much is told apart that not each combination was followed"] : [];
    return { classes: found, untold: [...untold, ...cut], visited: ofEach(({ visited }) => visited) };
  }
}

interface Found<Views extends readonly View[]> {
  readonly answers: OfEach<Views, Answer>;
  readonly boxes: Box[];
  readonly examples: RequestParts[];
}

const noCaller: Answer = { verdict: "broken", outcome: "no such workload", to: [] };

/** One view's requests, each traced once. */
class Asking {
  readonly view: View;
  readonly visited: Visited;
  readonly #target: Target;
  readonly #known = new Map<string, Answer>();

  constructor(view: View, target: Target) {
    this.view = view;
    this.visited = new Visited(view.world);
    this.#target = target;
  }

  answer(parts: RequestParts): Answer {
    const { world, caller } = this.view;
    if (caller === undefined) return noCaller;
    const key = JSON.stringify(parts);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const traced = trace(world, requestOf(caller, this.#target, parts));
    this.visited.add(traced);
    const made = answerOf(world, traced);
    this.#known.set(key, made);
    return made;
  }
}

function axesAt(asking: readonly Asking[], target: CalledTarget) {
  const certificate = target.asksForCertificate === true ? [certificateAxis] : [];
  const world = asking[0]?.view.world;
  if (world === undefined || target.scheme === "tcp") return { axes: certificate, untold: [] };
  const inside = asking.flatMap(({ view: { caller } }) => (caller === undefined || isOutside(caller) ? [] : [caller]));
  const isOpaque = target.scheme === "https" && inside.length > 0;
  const names = calledNames(world, target, inside[0]?.cluster);
  const policies = heldBy(asking, "AuthorizationPolicy");
  const routes = asking.flatMap(({ view }) => routesOf(view.world, calledHost(target.host)));
  const authentications = heldBy(asking, "RequestAuthentication");
  const dimensions = requestDimensions(world, { routes, policies, authentications, names, isOpaque });
  const token = isOpaque ? undefined : tokenAxis(world, { authentications, policies, routes });
  const untold = dimensions.flatMap(({ part, name, untold: why }) =>
    why.map((each) => `${[part, name].join(" ").trim()}: ${each}`),
  );
  return {
    axes: [...axesOf(dimensions), ...(token === undefined ? [] : [token.axis]), ...certificate],
    untold: [...untold, ...(token?.untold ?? []), ...(isOpaque ? [] : forwardedDoubts(policies))],
  };
}

function heldBy<K extends "AuthorizationPolicy" | "RequestAuthentication">(asking: readonly Asking[], kind: K) {
  const found = asking.flatMap(({ view, visited }) =>
    [...visited.workloads].flatMap((workload) => {
      const cluster = view.world.clusters.get(workload.cluster);
      return cluster === undefined ? [] : policiesOf(cluster, kind, workload);
    }),
  );
  return [...new Set(found)];
}

function routesOf({ clusters }: TraceWorld, host: string): readonly HttpRoute[] {
  return [...clusters.values()].flatMap((cluster) => aboutHost(cluster, host).routes);
}

/** The request of a class, as its caller makes it. */
export function requestOf(
  { from }: Caller,
  { host, port, scheme }: Target,
  { path, host: written = calledHost(host), ...parts }: RequestParts,
): TraceRequest {
  const url = { scheme, host: written, port, path };
  return "outside" in from ? { from, url, ...parts } : { from, url, ...parts };
}
