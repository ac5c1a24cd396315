import { labelsMatch } from "../istio/labels.ts";
import { passthroughSni } from "../istio/sni.ts";
import type { AuthorizationPolicy } from "../kinds/istio.ts";
import { isNamedAsOurs } from "../kinds/ownership.ts";
import { at } from "../model/intents.ts";
import { allowedCalls, targetPort } from "./accessRules.ts";
import type { CompileContext } from "./compileContext.ts";
import { type Calls, matchRule } from "./policyMatch.ts";
import { passthroughHosts } from "./serverSide.ts";
import type { Server, Share } from "./share.ts";

/**
 * Warns of the user's policies that turn a declared consumer away from all it may call: a DENY rule that matches it, or
 * ALLOW policies of which none can admit it. What depends on the request, or on an external authorizer, is left alone.
 * https://istio.io/latest/docs/concepts/security/#implicit-enablement
 */
export function checkUserPolicies(share: Share, context: CompileContext): void {
  for (const server of share.servers) {
    const policies = policiesOf(share, server, context);
    if (policies.length === 0) continue;
    const denied = new Map<
      string,
      { readonly denial: Denial; readonly callers: Set<string>; readonly ports: Set<number> }
    >();
    for (const { calls, port } of callsOf(share, server, context)) {
      for (const denial of denialsOf(policies, calls)) {
        const key = JSON.stringify([denial.action, denial.names]);
        const known = denied.get(key) ?? { denial, callers: new Set(), ports: new Set() };
        known.callers.add(calls.principal);
        known.ports.add(port);
        denied.set(key, known);
      }
    }
    for (const { denial, callers, ports } of denied.values()) {
      const identities = [...callers].sort().join(", ");
      context.report.add(
        undefined,
        "CONSUMER_DENIED",
        at(share.intent, "spec", "consumers"),
        `AuthorizationPolicy ${denial.names.join(" and ")} in ${server.facts.name} ${denial.action === "DENY" ? "denies" : "admits others only and so denies"} ${identities} at port ${[...ports].sort((a, b) => a - b).join(", ")} of ${share.namespace}/${share.service}`,
        denial.action === "DENY"
          ? "leave these callers out of its rules"
          : `add a rule to it: from: [{source: {principals: [${[...callers]
              .sort()
              .map((each) => `"${each}"`)
              .join(", ")}]}}]`,
      );
    }
  }
}

/** The user's policies in force at the Service's pods; one of the root namespace holds in all namespaces. */
function policiesOf(share: Share, server: Server, { mesh }: CompileContext): readonly AuthorizationPolicy[] {
  const pods = server.facts
    .select(share.namespace, server.service.spec.selector ?? {})
    .filter(({ isMutualTls }) => isMutualTls);
  return server.facts.all("AuthorizationPolicy").filter((policy) => {
    const { metadata, spec = {} } = policy;
    if (isNamedAsOurs(policy) || metadata.annotations?.["istio.io/dry-run"] === "true") return false;
    if (metadata.namespace !== share.namespace && metadata.namespace !== mesh.spec.istioNamespace) return false;
    // Such policies are for waypoints and gateways. istio/pilot/pkg/model/policyattachment.go, ShouldAttachPolicy
    if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return false;
    return pods.some(({ labels }) => labelsMatch(spec.selector?.matchLabels ?? {}, labels));
  });
}

function callsOf(
  share: Share,
  server: Server,
  { mesh }: CompileContext,
): readonly { readonly calls: Calls; readonly port: number }[] {
  return server.ports.flatMap((port) => {
    const target = targetPort(server, port);
    const principals = allowedCalls(share, port, share.intent.spec.consumers, mesh).flatMap((each) => each.principals);
    const snis = passthroughHosts(share, server, mesh).map((host) => passthroughSni(host, port.number));
    return [...new Set(principals)].flatMap((principal) =>
      snis.map((sni) => ({
        port: port.number,
        calls: {
          principal,
          port: typeof target === "string" ? undefined : target,
          sni,
        },
      })),
    );
  });
}

interface Denial {
  readonly action: "ALLOW" | "DENY";
  /** `namespace/name` of the policies, sorted. */
  readonly names: readonly string[];
}

function denialsOf(policies: readonly AuthorizationPolicy[], calls: Calls): readonly Denial[] {
  const matches = ({ metadata, spec = {} }: AuthorizationPolicy) =>
    (spec.rules ?? []).map((rule) => matchRule(rule, calls, metadata.namespace ?? "default"));
  const ofAction = (action: string) => policies.filter(({ spec = {} }) => (spec.action ?? "ALLOW") === action);
  const denying = ofAction("DENY").filter((policy) => matches(policy).includes("yes"));
  const allowing = ofAction("ALLOW");
  const isShut = allowing.length > 0 && allowing.every((policy) => matches(policy).every((match) => match === "no"));
  return [
    ...denying.map((policy) => ({ action: "DENY" as const, names: namesOf([policy]) })),
    ...(isShut ? [{ action: "ALLOW" as const, names: namesOf(allowing) }] : []),
  ];
}

function namesOf(policies: readonly AuthorizationPolicy[]): readonly string[] {
  return policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
}
