import type { HttpPayload, IstioCluster, Workload } from "../../istio/index.ts";
import {
  type Authorization,
  authenticate,
  authorize,
  type Caller,
  type TokenClaims,
} from "../../istio/policy/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, ended, failedConnection, passed, show } from "./arrival.ts";

/** What a proxy's policies are asked about a connection that it has taken. */
export interface PolicyQuestion {
  readonly cluster: IstioCluster;
  readonly workload: Workload;
  /** Where the pod took it. */
  readonly port: number;
  /** What the filter chain treats it as. */
  readonly protocol: "http" | "tcp";
  readonly caller: Caller;
  readonly sni: string;
  /** A hop also where no policy asks. */
  readonly saysNothingAsked: boolean;
}

type Checked =
  /** `claims` of a token that was found good. */
  { readonly arrival: Arrival; readonly claims?: TokenClaims } | { readonly branches: readonly TraceBranch[] };

/** Tokens, then who may call what: RequestAuthentication and AuthorizationPolicy of the proxy's workload. */
export function checkPolicies(arrival: Arrival, question: PolicyQuestion): Checked {
  const { payload } = arrival;
  if (question.protocol === "tcp" || payload.kind !== "http") return authorized(arrival, question, { http: undefined });
  const { cluster, workload } = question;
  const found = authenticate(cluster, workload, payload);
  const hop = {
    name: "authentication" as const,
    cluster: cluster.name,
    field: "spec.jwtRules",
    source: "pilot/pkg/security/authn/policy_applier.go",
  };
  switch (found.kind) {
    case "passed": {
      const { claims } = found;
      const detail = `takes the token of ${claims?.iss?.[0]}`;
      const assumes = [
        { about: "credential", detail: `the token of ${claims?.iss?.[0]} is signed by its issuer and has not run out` },
      ] as const;
      const at = claims === undefined ? arrival : passed(arrival, { ...hop, assumes, detail });
      const known = claims === undefined ? {} : { claims };
      const checked = authorized({ ...at, payload: found.payload }, question, { http: found.payload, ...known });
      return "branches" in checked ? checked : { ...checked, ...known };
    }
    case "unknown": {
      const why = `${show(found.policy)}: ${found.why}; say what it claims (--claim)`;
      const at = passed(arrival, { ...hop, object: clusterObject(cluster.name, found.policy), detail: why }, "unknown");
      return { branches: ended(at, { kind: "unknown", why }) };
    }
    case "refused": {
      const fault = {
        ...hop,
        object: clusterObject(cluster.name, found.policy),
        code: "TRACE_TOKEN" as const,
        detail: `${show(found.policy)} refuses the request: ${found.why}`,
        fix: `Call with a token that ${show(found.policy)} accepts, or with none, or add its issuer and audience to spec.jwtRules.`,
      };
      return { branches: broken(arrival, fault, { kind: "refused", status: found.status }) };
    }
  }
}

interface Known {
  readonly http: HttpPayload | undefined;
  readonly claims?: TokenClaims;
}

function denial(
  { policy, rule, why }: Extract<Authorization, { kind: "denied" }>,
  { caller }: PolicyQuestion,
  claims: TokenClaims | undefined,
) {
  const token = claims === undefined ? "" : `, with a token of ${claims.iss?.[0]}`;
  const id = caller.kind === "identity" ? caller.id : undefined;
  const who = `${id ?? (caller.kind === "nobody" ? "without an identity" : "one whose identity is not known")}${token}`;
  const field = rule === undefined ? "spec.rules" : `spec.rules[${rule}]`;
  const change = id === undefined ? "" : ` so that it lets ${id.replace("spiffe://", "")} call`;
  return {
    detail: `${show(policy)} denies it: ${why}; the caller is ${who}`,
    fix: `Change ${field} of ${show(policy)}${change}.`,
  };
}

function authorized(arrival: Arrival, question: PolicyQuestion, { http, claims }: Known): Checked {
  const { cluster, workload, port, protocol, caller, sni } = question;
  const decision = authorize(cluster, workload, {
    protocol,
    caller,
    sourceAddress: arrival.sourceAddress,
    destinationAddress: workload.address,
    destinationPort: port,
    sni,
    http,
    ...(claims === undefined ? {} : { claims }),
  });
  const hop = {
    name: "authorization" as const,
    cluster: cluster.name,
    source: "pilot/pkg/security/authz/builder/builder.go",
  };
  if (decision.kind === "allowed" && decision.policy === undefined) {
    const detail = "no AuthorizationPolicy asks";
    return { arrival: question.saysNothingAsked ? passed(arrival, { ...hop, detail }) : arrival };
  }
  const { policy, rule } = decision;
  if (policy === undefined) return { arrival };
  const about = {
    ...hop,
    object: clusterObject(cluster.name, policy),
    field: rule === undefined ? "spec.rules" : `spec.rules[${rule}]`,
  };
  switch (decision.kind) {
    case "allowed":
      return { arrival: passed(arrival, { ...about, detail: `${show(policy)} allows it` }) };
    case "unknown": {
      const why = `${show(policy)}: ${decision.why}`;
      return { branches: ended(passed(arrival, { ...about, detail: why }, "unknown"), { kind: "unknown", why }) };
    }
    case "denied": {
      const fault = { ...about, code: "TRACE_DENIED" as const, ...denial(decision, question, claims) };
      if (http !== undefined) return { branches: broken(arrival, fault, { kind: "refused", status: 403 }) };
      return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
    }
  }
}
