import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import type { Workload } from "../workload.ts";
import type { ConnectionFacts } from "./connectionFacts.ts";
import { matchRule, type RuleMatch } from "./matchRule.ts";
import { policiesOf } from "./policiesOf.ts";

type Action = "ALLOW" | "DENY" | "CUSTOM";

export type Authorization =
  /** `policy` let it pass; absent where none asks. */
  | { readonly kind: "allowed"; readonly policy?: AuthorizationPolicy; readonly rule?: number }
  | Denied
  | { readonly kind: "unknown"; readonly policy: AuthorizationPolicy; readonly rule?: number; readonly why: string };

interface Denied {
  readonly kind: "denied";
  /** Of the policies that deny it; several ALLOW policies deny together what none of them allows. */
  readonly action: Action;
  readonly policies: readonly AuthorizationPolicy[];
  /** The first of them, and its rule. */
  readonly policy: AuthorizationPolicy;
  readonly rule?: number;
  readonly why: string;
}

type Asked = Pick<Workload, "namespace" | "labels" | "proxy">;

/**
 * What the policies of a workload say of a connection, or of all those of a kind. It has to pass CUSTOM, DENY and ALLOW, in
 * Envoy's order (AUDIT decides nothing): what one of them denies for certain is denied, whatever the others say.
 * pilot/pkg/model/authorization.go, pilot/pkg/security/authz/builder/builder.go
 */
export function authorize(
  cluster: IstioCluster,
  workload: Asked,
  facts: ConnectionFacts,
  /** False for policies that are to be taken as absent. */
  counts: (policy: AuthorizationPolicy) => boolean = () => true,
): Authorization {
  const policies = policiesOf(cluster, "AuthorizationPolicy", workload).filter(counts);
  const context = { cluster, workload, facts };
  const results = [custom(policies, context), deny(policies, context), allow(policies, context)];
  const found = results.flatMap((result) => result ?? []);
  return (
    found.find(({ kind }) => kind === "denied") ??
    found.find(({ kind }) => kind === "unknown") ??
    found.at(-1) ?? { kind: "allowed" }
  );
}

interface Context {
  readonly cluster: IstioCluster;
  readonly workload: Asked;
  readonly facts: ConnectionFacts;
}

/** builder.go, isDryRun: Go's strconv.ParseBool. */
function isDryRun({ metadata }: AuthorizationPolicy): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(metadata.annotations?.["istio.io/dry-run"] ?? "");
}

function ofAction(policies: readonly AuthorizationPolicy[], action: Action): readonly AuthorizationPolicy[] {
  return policies.filter(({ spec }) => (spec.action ?? "ALLOW") === action);
}

interface Match {
  readonly policy: AuthorizationPolicy;
  readonly rule: number;
  readonly match: RuleMatch;
}

function matches(policies: readonly AuthorizationPolicy[], { cluster, workload, facts }: Context): readonly Match[] {
  return policies.flatMap((policy) =>
    (policy.spec.rules ?? []).map((rule, index) => ({
      policy,
      rule: index,
      match: matchRule(rule, { policy, mesh: cluster.settings, workload, facts }),
    })),
  );
}

/**
 * An external authorizer decides about what a CUSTOM policy matches. One that the mesh does not know denies, and so do all
 * where the policies of a workload name several (builder.go, getBadCustomDenyRules; PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS
 * is off by default). Dry runs of this action are not left out by every istiod.
 */
function custom(policies: readonly AuthorizationPolicy[], context: Context): Authorization | undefined {
  const ofCustom = ofAction(policies, "CUSTOM");
  const found = matches(ofCustom, context);
  const hit =
    found.find(({ match, policy }) => match === true && !isDryRun(policy)) ??
    found.find(({ match }) => match === true || match === "unknown");
  if (hit === undefined) return undefined;
  const { policy, rule } = hit;
  const provider = policy.spec.provider?.name ?? "";
  if (isDryRun(policy))
    return { kind: "unknown", policy, rule, why: "whether its dry run denies is up to istiod's version" };
  const { isKnown, extensionProviders } = context.cluster.settings;
  const providers = new Set(ofCustom.filter((each) => !isDryRun(each)).map(({ spec }) => spec.provider?.name ?? ""));
  const denied = { kind: "denied", action: "CUSTOM", policies: [policy], policy, rule } as const;
  if (hit.match === true && isKnown && !extensionProviders.includes(provider)) {
    return { ...denied, why: `its provider ${provider} is not an external authorizer of the mesh config` };
  }
  if (hit.match === true && providers.size > 1) {
    const why = `the policies of the workload name several providers (${[...providers].sort().join(", ")}), and istiod takes one`;
    return { ...denied, why };
  }
  return { kind: "unknown", policy, rule, why: `the external authorizer ${provider} decides` };
}

function deny(policies: readonly AuthorizationPolicy[], context: Context): Authorization | undefined {
  const denying = ofAction(policies, "DENY").filter((policy) => !isDryRun(policy));
  const found = matches(denying, context);
  const hit = found.find(({ match }) => match === true);
  if (hit !== undefined) {
    const all = new Set(found.filter(({ match }) => match === true).map(({ policy }) => policy));
    return {
      kind: "denied",
      action: "DENY",
      policies: [...all],
      policy: hit.policy,
      rule: hit.rule,
      why: "its rule matches",
    };
  }
  const maybe = found.find(({ match }) => match === "unknown");
  if (maybe === undefined) return undefined;
  return { kind: "unknown", policy: maybe.policy, rule: maybe.rule, why: "its rule asks for what cannot be told" };
}

function allow(policies: readonly AuthorizationPolicy[], context: Context): Authorization | undefined {
  const allowing = ofAction(policies, "ALLOW").filter((policy) => !isDryRun(policy));
  const [first] = allowing;
  if (first === undefined) return undefined;
  const found = matches(allowing, context);
  const hit = found.find(({ match }) => match === true);
  if (hit !== undefined) return { kind: "allowed", policy: hit.policy, rule: hit.rule };
  const maybe = found.find(({ match }) => match === "unknown");
  if (maybe !== undefined) {
    return { kind: "unknown", policy: maybe.policy, rule: maybe.rule, why: "its rule asks for what cannot be told" };
  }
  const denied = { kind: "denied", action: "ALLOW", policies: allowing } as const;
  const lost = found.find(({ match }) => match === "lost");
  if (lost === undefined) return { ...denied, policy: first, why: "no rule of an ALLOW policy matches" };
  const why =
    context.facts.protocol === "tcp"
      ? "its rule asks for what only HTTP has, and this port is served as TCP"
      : "istiod skips its rule, which has a key or a value that it does not know";
  return { ...denied, policy: lost.policy, rule: lost.rule, why };
}
