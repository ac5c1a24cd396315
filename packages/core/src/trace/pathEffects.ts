import type { DeclaredPath } from "../model/compiled.ts";
import type { Observed } from "../model/observed.ts";
import type { Problem } from "../problem.ts";
import type { PathIntents } from "./requestsOfPaths.ts";
import { tracePaths } from "./tracePaths.ts";
import type { Trace, TraceVerdict } from "./traceResult.ts";

/**
 * What a plan does to a declared path: `makes` one that does not work now, `breaks` one that does, `changes` who answers or on
 * which way; `keeps` it as it is; `leaves broken` what is broken now.
 */
export type PathEffectKind = "makes" | "breaks" | "changes" | "keeps" | "leaves broken" | "unclear";

export interface PathEffect {
  readonly path: DeclaredPath;
  readonly kind: PathEffectKind;
  readonly before: TraceVerdict;
  readonly after: TraceVerdict;
  /** What breaks it afterwards, for people. */
  readonly why?: string;
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
  const then = tracePaths({ intents, paths, observed: after });
  return paths.map((path, index) => {
    const [was, becomes] = [now[index]?.trace, then[index]?.trace];
    if (was === undefined || becomes === undefined) throw new Error("a path was not traced");
    const kind = kindOf(was, becomes);
    const isBroken = kind === "breaks" || kind === "leaves broken";
    return {
      path,
      kind,
      before: was.verdict,
      after: becomes.verdict,
      ...(isBroken && becomes.blamed !== undefined ? { why: becomes.blamed.detail } : {}),
    };
  });
}

function kindOf(was: Trace, becomes: Trace): PathEffectKind {
  if (becomes.verdict === "unknown" || (was.verdict === "unknown" && becomes.verdict !== "reaches")) return "unclear";
  if (becomes.verdict === "reaches") {
    if (was.verdict !== "reaches") return "makes";
    return endsOf(was) === endsOf(becomes) ? "keeps" : "changes";
  }
  if (was.verdict === "reaches") return "breaks";
  return was.verdict === "partly" && becomes.verdict === "broken" ? "breaks" : "leaves broken";
}

/** Who answers, and how often. */
function endsOf({ branches }: Trace): string {
  const ends = branches.map(({ probability, outcome }) => `${probability.toFixed(3)} ${JSON.stringify(outcome)}`);
  return ends.sort().join("\n");
}

/** A PATH_WOULD_BREAK problem where a plan breaks paths that work now. */
export function brokenPaths(effects: readonly PathEffect[]): Problem | undefined {
  const broken = effects.filter(({ kind }) => kind === "breaks");
  const [first] = broken;
  if (first === undefined) return undefined;
  const { host, port } = first.path;
  const others = broken.length === 1 ? "" : `, and ${broken.length - 1} more`;
  return {
    code: "PATH_WOULD_BREAK",
    at: "plan",
    message: `the plan breaks ${host}:${port} for ${callerOf(first.path)}${others}: ${first.why ?? "it would no longer get there"}`,
    hint: "Mend what the reason names, or apply with --allow-broken-paths; isthmus trace --planned shows the way.",
  };
}

function callerOf(path: DeclaredPath): string {
  if (path.direction === "in") return `clients outside, at ${path.server.cluster}`;
  return `${path.consumer.cluster}/${path.consumer.namespace}`;
}
