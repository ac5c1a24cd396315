import type { AuthorizationPolicy } from "../../kinds/istio.ts";
import {
  type Condition,
  portCondition,
  principalCondition,
  requestCondition,
  whenCondition,
} from "./policyConditions.ts";
import type { RuleContext } from "./ruleContext.ts";
import { and, not, or, type Truth } from "./truth.ts";

export type PolicyRule = NonNullable<AuthorizationPolicy["spec"]["rules"]>[number];
type Source = NonNullable<NonNullable<PolicyRule["from"]>[number]["source"]> & {
  readonly trustDomains?: readonly string[];
  readonly notTrustDomains?: readonly string[];
};
type Operation = NonNullable<NonNullable<PolicyRule["to"]>[number]["operation"]>;

/** A field of a rule: what its values, and those of its opposite, have to be matched with. */
interface Field {
  readonly condition: Condition;
  readonly values: readonly string[] | undefined;
  readonly notValues: readonly string[] | undefined;
}

/** `lost`: a TCP filter chain cannot have the rule, since it names what only HTTP has. */
export type RuleMatch = Truth | "lost";

/**
 * Whether a rule matches, as istiod translates it (pilot/pkg/security/authz/model/model.go): from, to and when must all hold.
 * What a TCP chain cannot tell makes it drop an ALLOW rule as a whole, and only the field in any other: a DENY gets wider.
 */
export function matchRule(rule: PolicyRule, context: RuleContext): RuleMatch {
  const when = (rule.when ?? []).map(({ key, values, notValues }) => ({
    condition: whenCondition(key, context),
    values,
    notValues,
  }));
  if (when.some(({ condition }) => condition.kind === "invalid")) return "lost";
  const ofWhen = (side: "principal" | "permission") => when.filter(({ condition }) => condition.side === side);
  const sources = alternatives(rule.from, ({ source = {} }) => sourceFields(source, context));
  const operations = alternatives(rule.to, ({ operation = {} }) => operationFields(operation, context));
  const lists = [
    sources.map((fields) => [...fields, ...ofWhen("principal")]),
    operations.map((fields) => [...fields, ...ofWhen("permission")]),
  ];
  if (context.policy.spec.action === undefined || context.policy.spec.action === "ALLOW") {
    if (lists.flat(2).some((field) => isLost(field))) return "lost";
  }
  return and(lists.map((list) => or(list.map((fields) => and(fields.map(holds))))));
}

function alternatives<T>(list: readonly T[] | undefined, fieldsOf: (each: T) => Field[]): readonly Field[][] {
  return list === undefined || list.length === 0 ? [[]] : list.map(fieldsOf);
}

function isLost({ condition, values = [], notValues = [] }: Field): boolean {
  return condition.kind === "http only" && values.length + notValues.length > 0;
}

function holds({ condition, values = [], notValues = [] }: Field): Truth {
  if (condition.kind !== "matches") return true;
  const any = (list: readonly string[]) => or(list.map(condition.matches));
  return and([...(values.length > 0 ? [any(values)] : []), ...(notValues.length > 0 ? [not(any(notValues))] : [])]);
}

function sourceFields(source: Source, context: RuleContext): Field[] {
  const of = (key: string, values?: readonly string[], notValues?: readonly string[]): Field => ({
    condition: principalCondition(key, context),
    values,
    notValues,
  });
  return [
    of("source.ip", source.ipBlocks, source.notIpBlocks),
    of("remote.ip", source.remoteIpBlocks, source.notRemoteIpBlocks),
    of("source.namespace", source.namespaces, source.notNamespaces),
    of("source.trustDomain", source.trustDomains, source.notTrustDomains),
    of("source.serviceAccount", source.serviceAccounts, source.notServiceAccounts),
    of("request.auth.principal", source.requestPrincipals, source.notRequestPrincipals),
    of("source.principal", source.principals, source.notPrincipals),
  ];
}

function operationFields(operation: Operation, context: RuleContext): Field[] {
  const of = (key: "path" | "method" | "host", values?: readonly string[], notValues?: readonly string[]) => ({
    condition: requestCondition(key, context),
    values,
    notValues,
  });
  return [
    { condition: portCondition(context), values: operation.ports, notValues: operation.notPorts },
    of("path", operation.paths, operation.notPaths),
    of("method", operation.methods, operation.notMethods),
    of("host", operation.hosts, operation.notHosts),
  ];
}
