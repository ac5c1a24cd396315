import type { AuthorizationPolicy } from "../../kinds/istio.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";
import { matchRule, type RuleMatch } from "./matchRule.ts";
import { policiesOf } from "./policiesOf.ts";

export type Authorization =
  /** `policy` let it pass; absent where none asks. */
  | { readonly kind: "allowed"; readonly policy?: AuthorizationPolicy; readonly rule?: number }
  | { readonly kind: "denied"; readonly policy: AuthorizationPolicy; readonly rule?: number; readonly why: string }
  | { readonly kind: "unknown"; readonly policy: AuthorizationPolicy; readonly rule?: number; readonly why: string };

/**
 * What the policies of a workload say of a connection, in Envoy's order: CUSTOM, DENY, ALLOW (AUDIT and dry runs decide nothing).
 * pilot/pkg/model/authorization.go, pilot/pkg/security/authz/builder/builder.go
 */
export function authorize(cluster: IstioCluster, workload: Workload, facts: ConnectionFacts): Authorization {
  const policies = policiesOf(cluster, "AuthorizationPolicy", workload).filter(
    ({ metadata }) => !isTrue(metadata.annotations?.["istio.io/dry-run"]),
  );
  const context = { cluster, facts };
  return custom(policies, context) ?? deny(policies, context) ?? allow(policies, context);
}

interface Context {
  readonly cluster: IstioCluster;
  readonly facts: ConnectionFacts;
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}

function ofAction(policies: readonly AuthorizationPolicy[], action: string): readonly AuthorizationPolicy[] {
  return policies.filter(({ spec }) => (spec.action ?? "ALLOW") === action);
}

interface Match {
  readonly policy: AuthorizationPolicy;
  readonly rule: number;
  readonly match: RuleMatch;
}

function matches(policies: readonly AuthorizationPolicy[], { cluster, facts }: Context): readonly Match[] {
  return policies.flatMap((policy) =>
    (policy.spec.rules ?? []).map((rule, index) => ({
      policy,
      rule: index,
      match: matchRule(rule, { policy, mesh: cluster.meshConfig, facts }),
    })),
  );
}

/** An external authorizer decides about what a CUSTOM policy matches; one that the mesh does not know denies. */
function custom(policies: readonly AuthorizationPolicy[], context: Context): Authorization | undefined {
  const found = matches(ofAction(policies, "CUSTOM"), context);
  const hit = found.find(({ match }) => match === true) ?? found.find(({ match }) => match === "unknown");
  if (hit === undefined) return undefined;
  const { policy, rule } = hit;
  const provider = policy.spec.provider?.name ?? "";
  if (hit.match === true && !context.cluster.meshConfig.extensionProviders.includes(provider)) {
    return { kind: "denied", policy, rule, why: `its provider ${provider} is not in the mesh config` };
  }
  return { kind: "unknown", policy, rule, why: `the external authorizer ${provider} decides` };
}

function deny(policies: readonly AuthorizationPolicy[], context: Context): Authorization | undefined {
  const found = matches(ofAction(policies, "DENY"), context);
  const hit = found.find(({ match }) => match === true);
  if (hit !== undefined) {
    return { kind: "denied", policy: hit.policy, rule: hit.rule, why: "its rule matches" };
  }
  const maybe = found.find(({ match }) => match === "unknown");
  if (maybe === undefined) return undefined;
  return { kind: "unknown", policy: maybe.policy, rule: maybe.rule, why: "its rule asks for what cannot be told" };
}

function allow(policies: readonly AuthorizationPolicy[], context: Context): Authorization {
  const allowing = ofAction(policies, "ALLOW");
  const [first] = allowing;
  if (first === undefined) return { kind: "allowed" };
  const found = matches(allowing, context);
  const hit = found.find(({ match }) => match === true);
  if (hit !== undefined) return { kind: "allowed", policy: hit.policy, rule: hit.rule };
  const maybe = found.find(({ match }) => match === "unknown");
  if (maybe !== undefined) {
    return { kind: "unknown", policy: maybe.policy, rule: maybe.rule, why: "its rule asks for what cannot be told" };
  }
  const lost = found.find(({ match }) => match === "lost");
  if (lost !== undefined) {
    const why = "its rule asks for what only HTTP has, and this port is served as TCP";
    return { kind: "denied", policy: lost.policy, rule: lost.rule, why };
  }
  return { kind: "denied", policy: first, why: "no rule of an ALLOW policy matches" };
}
