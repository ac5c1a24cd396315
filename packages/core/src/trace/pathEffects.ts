import { say } from "../findings/index.ts";
import { showHostPort } from "../istio/index.ts";
import type { DeclaredPath, Observed } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import type { Assumption } from "./assumption.ts";
import type { PathIntents } from "./requestsOfPaths.ts";
import { type PathTrace, tracePaths } from "./tracePaths.ts";
import type { Trace, TraceVerdict } from "./traceResult.ts";

/**
 * What a plan does to a declared path: `makes` one that does not work now, `breaks` one that does, `changes` what answers or on
 * which way; `keeps` it as it is; `leaves broken` what is broken now; `hides` whether one that works now still does;
 * `unclear`: whether it works afterwards cannot be told, as before.
 */
export type PathEffectKind = "makes" | "breaks" | "hides" | "changes" | "keeps" | "leaves broken" | "unclear";

export interface PathEffect {
  readonly path: DeclaredPath;
  readonly kind: PathEffectKind;
  readonly before: TraceVerdict;
  readonly after: TraceVerdict;
  /** What breaks it afterwards, or is in the way of telling, for people. */
  readonly why?: string;
  /** What it rests on afterwards that no configuration shows. */
  readonly assumes: readonly Assumption[];
}

export interface PathEffectsInput {
  readonly intents: PathIntents;
  readonly paths: readonly DeclaredPath[];
  readonly before: Observed;
  /** What the plan would leave. */
  readonly after: Observed;
}

/** For each declared path what the change from `before` to `after` does to it. */
export function pathEffects({ intents, paths, before, after }: PathEffectsInput): readonly PathEffect[] {
  const now = tracePaths({ intents, paths, observed: before });
  return effectsBetween(now, after === before ? now : tracePaths({ intents, paths, observed: after }));
}

/** The same from the traces of the paths before and after, in the same order. */
export function effectsBetween(now: readonly PathTrace[], then: readonly PathTrace[]): readonly PathEffect[] {
  return now.map(({ path, trace: was }, index) => {
    const becomes = then[index]?.trace;
    if (becomes === undefined) throw new Error("a path was not traced");
    const kind = kindOf(was, becomes);
    const why = whyNot(becomes);
    return {
      path,
      kind,
      before: was.verdict,
      after: becomes.verdict,
      ...(why === undefined ? {} : { why }),
      assumes: becomes.assumes,
    };
  });
}

function kindOf(was: Trace, becomes: Trace): PathEffectKind {
  if (becomes.verdict === "unknown") return was.verdict === "reaches" ? "hides" : "unclear";
  if (was.verdict === "unknown" && becomes.verdict !== "reaches") return "leaves broken";
  if (becomes.verdict === "reaches") {
    if (was.verdict !== "reaches") return "makes";
    return endsOf(was) === endsOf(becomes) ? "keeps" : "changes";
  }
  if (was.verdict === "reaches") return "breaks";
  return was.verdict === "partly" && becomes.verdict === "broken" ? "breaks" : "leaves broken";
}

/** Why a request would not get there, or what is in the way of telling, for people; undefined where it would. */
export function whyNot({ verdict, blamed, branches }: Trace): string | undefined {
  if (verdict === "reaches") return undefined;
  if (verdict !== "unknown") return blamed?.detail;
  return branches.flatMap(({ outcome }) => (outcome.kind === "unknown" ? [outcome.why] : []))[0];
}

/** What answers, and how often. */
function endsOf({ branches }: Trace): string {
  const ends = branches.map(({ probability, outcome }) => `${probability.toFixed(3)} ${JSON.stringify(outcome)}`);
  return ends.sort().join("\n");
}

/**
 * A PATH_WOULD_BREAK problem where a plan breaks paths that work now; PATH_WOULD_BE_UNPROVEN where of paths that work now it
 * could not be told afterwards.
 */
export function brokenPaths(effects: readonly PathEffect[]): Problem | undefined {
  const hint = "Fix what the reason names, or apply with --allow-broken-paths; isthmus trace --planned shows the way.";
  const breaks = named(effects.filter(({ kind }) => kind === "breaks"));
  if (breaks !== undefined) {
    const message = say`the plan breaks ${{ paths: breaks.paths }}: ${breaks.why ?? "it would no longer get there"}`;
    return makeProblem({ code: "PATH_WOULD_BREAK", at: { thing: "plan" }, message, hint });
  }
  const hides = named(effects.filter(({ kind }) => kind === "hides"));
  if (hides === undefined) return undefined;
  const message = say`after the plan it cannot be told whether ${{ paths: hides.paths }} still works: ${hides.why ?? "the reason is not known"}`;
  return makeProblem({ code: "PATH_WOULD_BE_UNPROVEN", at: { thing: "plan" }, message, hint });
}

/** `httpbin.bar.cluster2:8000 for cluster1/foo, and 2 more`, with the first one's reason. */
function named(
  effects: readonly PathEffect[],
): { readonly paths: string; readonly why: string | undefined } | undefined {
  const [first] = effects;
  if (first === undefined) return undefined;
  const { host, port } = first.path;
  const others = effects.length === 1 ? "" : `, and ${effects.length - 1} more`;
  return { paths: `${showHostPort(host, port)} for ${callerOf(first.path)}${others}`, why: first.why };
}

function callerOf(path: DeclaredPath): string {
  if (path.direction === "in") return `clients outside, at ${path.server.cluster}`;
  return `${path.consumer.cluster}/${path.consumer.namespace}`;
}
