import { joinNames, say } from "../../findings/index.ts";
import { passthroughSni, type Workload } from "../../istio/index.ts";
import { type Authorization, authorize, type Caller, callersOf } from "../../istio/policy/index.ts";
import { isHttp, workloadsBehind } from "../../istio/registry/index.ts";
import { type AuthorizationPolicy, isNamedAsOurs } from "../../kinds/index.ts";
import { at, type Intents, selectsCluster } from "../../model/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { ResolvedService, Server, SharedPort } from "../sharedService/resolvedService.ts";
import { passthroughHosts } from "../sharedService/serverSide.ts";
import { allowedCalls, targetPort } from "./accessRules.ts";

/** Calls of one consumer, or of a group of them, to one port. */
interface Calls {
  /** As an AuthorizationPolicy names the callers. */
  readonly principal: string;
  readonly caller: Caller;
  readonly port: SharedPort;
  /** The pods' port; undefined where the Service only names it. */
  readonly target: number | undefined;
  readonly sni: string;
}

interface Denied {
  readonly action: "ALLOW" | "DENY" | "CUSTOM";
  /** `namespace/name` of the policies, sorted. */
  readonly names: readonly string[];
  readonly callers: Set<string>;
  readonly ports: Set<number>;
}

/**
 * Warns of the user's policies that turn a declared consumer away from all it may call: a DENY rule that matches it, or
 * ALLOW policies of which none can admit it. What depends on the request, or on an external authorizer, is left alone.
 * https://istio.io/latest/docs/concepts/security/#implicit-enablement
 */
export function checkUserPolicies(shared: ResolvedService, intents: Intents, context: CompileContext): void {
  for (const server of shared.servers) {
    const pods = workloadsBehind(server.facts, server.service).filter(({ isMutualTls }) => isMutualTls);
    const denied = new Map<string, Denied>();
    for (const pod of withDistinctLabels(pods)) {
      for (const calls of callsOf(shared, server, { intents, context })) {
        const decision = decide(server, pod, calls);
        if (decision.kind !== "denied") continue;
        const { action } = decision;
        const names = namesOf(decision.policies);
        const key = JSON.stringify([action, names]);
        const known = denied.get(key) ?? { action, names, callers: new Set(), ports: new Set() };
        known.callers.add(calls.principal);
        known.ports.add(calls.port.number);
        denied.set(key, known);
      }
    }
    for (const each of denied.values()) report(shared, server, { denied: each, context });
  }
}

function report(
  shared: ResolvedService,
  server: Server,
  { denied: { action, names, callers, ports }, context }: { readonly denied: Denied; readonly context: CompileContext },
): void {
  const identities = [...callers].sort();
  const verb = action === "ALLOW" ? "admits others only and so denies" : "denies";
  const principals = identities.map((each) => `"${each}"`).join(", ");
  const hints = {
    ALLOW: `add a rule to it: from: [{source: {principals: [${principals}]}}]`,
    DENY: "leave these callers out of its rules",
    CUSTOM: "leave these callers out of its rules, or declare its provider in the mesh config",
  };
  context.report.add(
    undefined,
    "CONSUMER_DENIED",
    at(shared.intent, "spec", "consumers"),
    say`AuthorizationPolicy ${joinNames(names)} in ${{ cluster: server.facts.name }} ${{ verb }} ${{ identities }} at port ${{ value: [...ports].sort((a, b) => a - b) }} of ${{ namespace: shared.namespace }}/${{ service: shared.service }}`,
    hints[action],
  );
}

function decide(server: Server, pod: Workload, { caller, port, target, sni }: Calls): Authorization {
  const protocol = port.protocol === undefined ? undefined : isHttp(port.protocol) ? "http" : "tcp";
  return authorize(
    server.facts,
    pod,
    {
      protocol,
      caller,
      sourceAddress: undefined,
      destinationAddress: pod.address,
      destinationPort: target,
      sni,
      http: protocol === "tcp" ? undefined : "any",
    },
    (policy) => !isNamedAsOurs(policy),
  );
}

/** Policies choose pods by labels: pods of the same ones are treated alike. */
function withDistinctLabels(pods: readonly Workload[]): readonly Workload[] {
  return [...new Map(pods.map((pod) => [JSON.stringify(Object.entries(pod.labels).sort()), pod])).values()];
}

/** Each consumer calls by an identity of its own cluster's trust domain. */
function callsOf(
  shared: ResolvedService,
  server: Server,
  { intents, context: { mesh } }: { readonly intents: Intents; readonly context: CompileContext },
): readonly Calls[] {
  return server.ports.flatMap((port) => {
    const target = targetPort(server, port);
    const snis = passthroughHosts(shared, server, mesh).map((host) => passthroughSni(host, port.number));
    const callers = shared.intent.spec.consumers.flatMap((consumer) => {
      const principals = allowedCalls(shared, server, port, [consumer]).flatMap((each) => each.principals);
      const clusters = shared.consumers.filter(({ facts }) =>
        selectsCluster(consumer.clusters, facts.name, intents.clusters),
      );
      const trustDomains = new Set(clusters.map(({ facts }) => facts.settings.trustDomain));
      return [...trustDomains].flatMap((trustDomain) =>
        principals
          .map((principal) => principal.replace(/^[^/*]+(?=\/)/, trustDomain))
          .map((principal) => ({ principal, trustDomain })),
      );
    });
    const distinct = [...new Map(callers.map((each) => [JSON.stringify(each), each])).values()];
    return distinct.flatMap(({ principal, trustDomain }) =>
      snis.map((sni) => ({
        principal,
        caller: callersOf(principal, trustDomain),
        port,
        target: typeof target === "string" ? undefined : target,
        sni,
      })),
    );
  });
}

function namesOf(policies: readonly AuthorizationPolicy[]): readonly string[] {
  return policies.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort();
}
