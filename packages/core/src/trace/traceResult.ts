import type { Sentence } from "../findings/index.ts";
import type { RouteLimits } from "../istio/upstream/index.ts";
import type { ClusterObject } from "../kinds/index.ts";
import type { ProblemCode } from "../problem.ts";
import type { Assumption } from "./assumption.ts";
import type { TraceRequest } from "./traceRequest.ts";

/** The stations of a request, in its order. */
export const traceHopNames = [
  "client",
  "name",
  "visibility",
  "listener",
  "route",
  "policy",
  "endpoints",
  "connection",
  "gateway",
  "passthrough",
  "gateway route",
  "destination",
  "mutual TLS",
  "identity",
  "authentication",
  "authorization",
  "application",
] as const;
export type TraceHopName = (typeof traceHopNames)[number];

/** Codes of problem.ts that a broken hop has. */
export type TraceCode = Extract<ProblemCode, `TRACE_${string}`>;

/** An object beside the one that a hop is about, and its part in it. */
export interface OtherObject {
  readonly object: ClusterObject;
  readonly field?: string;
  /** What it does or lacks, for people: `has the same host and is older, so that it counts`. */
  readonly part: string;
}

/** `mutual TLS`: both ends show certificates, the mesh's or their own; `TLS`: the server alone does. */
export const protections = ["mutual TLS", "TLS", "plain text"] as const;
export type Protection = (typeof protections)[number];

interface HopFacts {
  readonly name: TraceHopName;
  /** Absent where the hop lies outside the clusters. */
  readonly cluster?: string;
  readonly object?: ClusterObject;
  /** Within the object: `spec.trafficPolicy.tls.sni`, `spec.http[0].route[1].destination.subset`. */
  readonly field?: string;
  /** What happens here and why, for people; one sentence. */
  readonly detail: string;
  /** Of a hop at which a proxy has no way on: what it was on its way to. */
  readonly upstream?: { readonly host: string; readonly port: number };
  /** Further objects that have a part in it: what is hidden, what takes precedence, the route that leads there. */
  readonly others?: readonly OtherObject[];
  /** Of a station that takes a connection: what protects it on the wire. */
  readonly wire?: Protection;
  /** Of a handshake of the mesh's mutual TLS: SPIFFE IDs. The client's is absent where it is not known. */
  readonly identities?: { readonly client?: string; readonly server: string };
  /** Of a route of HTTP: what a proxy does at most for one request. */
  readonly limits?: RouteLimits;
  /** What this hop takes for granted, since no configuration shows it. */
  readonly assumes?: readonly Assumption[];
  /** The file of Istio's source, or the page, that the rule rests on: `pilot/pkg/networking/core/cluster_tls.go`. */
  readonly source: string;
}

export interface PassedHop extends HopFacts {
  readonly status: "ok" | "unknown";
  /** Of an unknown one: what is in the way of telling. */
  readonly code?: TraceCode;
  readonly params?: Sentence["params"];
  readonly refs?: Sentence["refs"];
}

export interface BrokenHop extends HopFacts, Pick<Sentence, "params" | "refs"> {
  readonly status: "broken";
  readonly code: TraceCode;
  /** What to change, naming object and field. */
  readonly fix: string;
}

export type TraceHop = PassedHop | BrokenHop;

/**
 * What the client sees, comparable with curl's result and Envoy's access log.
 * - `answered`: the application got the request (or a redirect or direct response that was asked for was given): it may still say 404;
 * - `refused`: a proxy answers in its place, with `status` where it is HTTP, and `responseFlag` as in Envoy's access log;
 * - `reset`: the connection is closed without an answer; a TLS handshake of the client itself that fails is one too;
 * - `no-such-host`: DNS has no such name; `timeout`: nothing answers at all (a firewall, a black hole).
 */
export type TraceOutcome =
  | { readonly kind: "answered"; readonly by: AnsweredBy; readonly status?: number }
  | { readonly kind: "refused"; readonly status?: number; readonly responseFlag?: string }
  | { readonly kind: "reset"; readonly responseFlag?: string }
  | { readonly kind: "no-such-host" }
  | { readonly kind: "timeout" }
  | { readonly kind: "unknown"; readonly why: string };

/** What answers: a workload of a mesh, something outside of all clusters, or a proxy as it was told to. */
export type AnsweredBy =
  | {
      readonly type: "workload";
      readonly cluster: string;
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
    }
  | { readonly type: "outside"; readonly address: string; readonly port: number }
  | { readonly type: "proxy" };

/** One way that the request may take. */
export interface TraceBranch {
  /** In 0..1; all of a trace add up to 1. */
  readonly probability: number;
  readonly hops: readonly TraceHop[];
  readonly outcome: TraceOutcome;
  /** A proxy makes up for this failure by a try at another endpoint, so that the client sees what comes of that. */
  readonly isRetried?: true;
  /** The refusal is an answer that comes through the proxy which made the attempt: for it no failure of the connection. */
  readonly isRelayed?: true;
}

/**
 * - `reaches`: whatever way it takes it is answered; where a proxy makes up for a failure by a try elsewhere, that counts;
 * - `partly`: some ways are answered, some not; `broken`: none is; `unknown`: that cannot be told.
 */
export type TraceVerdict = "reaches" | "partly" | "broken" | "unknown";

export interface Trace {
  readonly request: TraceRequest;
  /** The likeliest first. */
  readonly branches: readonly TraceBranch[];
  readonly verdict: TraceVerdict;
  /** What the branches that are answered rest on and nobody can see in configuration; empty: nothing. */
  readonly assumes: readonly Assumption[];
  /** The first broken hop of the likeliest branch that fails; of several as likely, the first by object and field. */
  readonly blamed?: BrokenHop;
}
