import { say } from "../../findings/index.ts";
import { isHttp, namedTargetPort } from "../../istio/registry/index.ts";
import type { AuthorizationPolicy } from "../../kinds/index.ts";
import { at, isConsumer } from "../../model/index.ts";
import { allowedPrincipals, callerTrustDomains, exactPrincipals } from "../declaration/callerPrincipals.ts";
import type { Report } from "../declaration/report.ts";
import type { ResolvedService, Server, SharedPort } from "../sharedService/resolvedService.ts";
import { type AllowedCalls, type Denial, denials } from "./denials.ts";

export type Rule = NonNullable<AuthorizationPolicy["spec"]["rules"]>[number];

/** Envoy walks the rules one by one for every call. */
const ruleLimit = 256;

/** What `consumers`, some or all of the declaration's, may call at a port of a server. */
export function allowedCalls(
  { intent: { spec }, consumers: callers }: ResolvedService,
  { facts }: Server,
  port: SharedPort,
  consumers: ResolvedService["intent"]["spec"]["consumers"],
): readonly AllowedCalls[] {
  const domains = callerTrustDomains(
    facts,
    callers.map((each) => each.facts),
  );
  const principals = allowedPrincipals(consumers, domains);
  return (spec.access ?? [{}])
    .filter(({ ports }) => ports === undefined || ports.includes(port.number))
    .map(({ from, methods, paths }): AllowedCalls => {
      const named = from
        ?.filter((identity) => isConsumer(identity, consumers))
        .flatMap((identity) => {
          const [account = "", namespace = ""] = identity.split(".");
          return exactPrincipals(namespace, account, domains);
        });
      return {
        principals: named ?? principals,
        ...(methods === undefined ? {} : { methods }),
        ...(paths === undefined ? {} : { paths }),
      };
    });
}

export interface RulePort {
  readonly port: SharedPort;
  /** The pods' port, where the rule is to be bound to it. */
  readonly target: number | undefined;
  /** Only calls with these SNIs, all others, or all. */
  readonly sni: { readonly only: readonly string[] } | { readonly except: readonly string[] } | undefined;
}

/** Rules of a DENY policy for all calls to a port that are not allowed; undefined, and reported, where they are too many. */
export function denyRules(
  shared: ResolvedService,
  allowed: readonly AllowedCalls[],
  where: RulePort,
  report: Report,
): readonly Rule[] | undefined {
  const found = denials(allowed, ruleLimit);
  if (found !== undefined) return found.map((denial) => rule(denial, where));
  report.add(
    shared.owner,
    "ACCESS_TOO_COMPLEX",
    at(shared.intent, "spec", "access"),
    say`spec.access needs more than ${{ ruleLimit }} rules of an AuthorizationPolicy for port ${{ number: where.port.number }}`,
    "put the methods and paths of the same callers into one entry",
  );
  return undefined;
}

/**
 * The pods' port is only added where it is a number, since Istio warns of DENY rules with HTTP attributes alone.
 * pkg/config/validation/validation.go, validateAuthorizationPolicy
 */
function rule({ principals, methods, paths }: Denial, { target, sni }: RulePort): Rule {
  const operation = {
    ...(methods.length === 0 ? {} : { notMethods: [...methods] }),
    ...(paths.length === 0 ? {} : { notPaths: [...paths] }),
    ...(target === undefined ? {} : { ports: [String(target)] }),
  };
  // An SNI of ours names the Service's port by itself.
  const isBound = sni !== undefined && "only" in sni && methods.length + paths.length === 0;
  const key = "connection.sni";
  return {
    ...(principals.length === 0 ? {} : { from: [{ source: { notPrincipals: [...principals] } }] }),
    ...(isBound || Object.keys(operation).length === 0 ? {} : { to: [{ operation }] }),
    ...(sni === undefined
      ? {}
      : { when: ["only" in sni ? { key, values: [...sni.only] } : { key, notValues: [...sni.except] }] }),
  };
}

/** The port of the Service's pods; a string is a name that each pod resolves by itself. */
export function targetPort({ service }: Server, { number }: SharedPort): number | string {
  return namedTargetPort(service.spec.ports?.find(({ port }) => port === number) ?? { port: number });
}

/** On other ports Istio ignores methods and paths, and a DENY rule would deny all. pilot/pkg/security/authz/model/model.go, checkError */
export function areRulesForHttp(shared: ResolvedService, server: Server, report: Report): boolean {
  let fine = true;
  for (const [index, { methods, paths, ports }] of (shared.intent.spec.access ?? []).entries()) {
    if (methods === undefined && paths === undefined) continue;
    for (const { number, protocol } of server.ports) {
      if (ports !== undefined && !ports.includes(number)) continue;
      if (isHttp(protocol)) continue;
      fine = false;
      report.add(
        shared.owner,
        "ACCESS_NOT_HTTP",
        at(shared.intent, "spec", "access", index, methods === undefined ? "paths" : "methods"),
        say`port ${{ number }} of ${{ service: { cluster: server.facts.name, kind: "Service", namespace: shared.namespace, name: shared.service } }} in ${{ cluster: server.facts.name }} is ${protocol === undefined ? "not declared as HTTP" : protocol}, and only HTTP has methods and paths`,
        "list the HTTP ports in `ports` of this rule, or name the Service's port http-…",
      );
    }
  }
  return fine;
}

/** Where a cluster serves and consumes the Service's own name, calls to its own pods look like calls from other clusters. */
export function isMerged(shared: ResolvedService, { facts }: Server): boolean {
  return (
    shared.intent.spec.as.includes("SameName") &&
    shared.consumers.some((consumer) => consumer.facts.name === facts.name)
  );
}
