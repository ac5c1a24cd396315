import type { TrafficPolicy } from "../../kinds/index.ts";

/** A policy with the place in its object that it comes from. */
export interface PlacedPolicy {
  readonly policy: TrafficPolicy;
  readonly field: string;
}

/**
 * The policy of a port. Settings of a port take the place of all others: what they leave out is Istio's default, not the
 * rule's (pilot/pkg/networking/util/util.go, GetPortLevelTrafficPolicy).
 */
export function policyOfPort(policy: TrafficPolicy | undefined, port: number, field: string): PlacedPolicy | undefined {
  if (policy === undefined) return undefined;
  const index = (policy.portLevelSettings ?? []).findIndex((each) => each.port?.number === port);
  const ofPort = policy.portLevelSettings?.[index];
  if (ofPort === undefined) return { policy, field };
  const { tls, loadBalancer, outlierDetection, connectionPool } = ofPort;
  return {
    policy: {
      ...(tls && { tls }),
      ...(loadBalancer && { loadBalancer }),
      ...(outlierDetection && { outlierDetection }),
      ...(connectionPool && { connectionPool }),
    },
    field: `${field}.portLevelSettings[${index}]`,
  };
}

/**
 * A subset's policy over its rule's: field by field, but as a whole where the subset has settings for the port
 * (pilot/pkg/networking/util/util.go, MergeSubsetTrafficPolicy). Each field keeps its place.
 */
export interface EffectivePolicy {
  readonly policy: TrafficPolicy;
  /** Where `tls`, or its absence, is decided. */
  readonly tlsField: string;
  readonly loadBalancerField: string;
}

export function effectivePolicy(
  rule: TrafficPolicy | undefined,
  subset: { readonly policy: TrafficPolicy | undefined; readonly field: string } | undefined,
  port: number,
): EffectivePolicy {
  const base = policyOfPort(rule, port, "spec.trafficPolicy");
  const own = policyOfPort(subset?.policy, port, `${subset?.field ?? ""}.trafficPolicy`);
  const [baseField, ownField] = [base?.field ?? "spec.trafficPolicy", own?.field ?? ""];
  if (own === undefined) {
    return { policy: base?.policy ?? {}, tlsField: baseField, loadBalancerField: baseField };
  }
  const asWhole = own.field.endsWith("]");
  const merged: TrafficPolicy = asWhole ? own.policy : { ...base?.policy, ...own.policy };
  return {
    policy: merged,
    tlsField: asWhole || own.policy.tls !== undefined ? ownField : baseField,
    loadBalancerField: asWhole || own.policy.loadBalancer !== undefined ? ownField : baseField,
  };
}
