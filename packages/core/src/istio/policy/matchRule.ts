import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { RuleContext } from "./connectionFacts.ts";
import {
  type Condition,
  portCondition,
  principalCondition,
  requestCondition,
  whenCondition,
} from "./policyConditions.ts";
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

/** `lost`: istiod does not hand the rule to this filter chain. */
export type RuleMatch = Truth | "lost";

/**
 * Whether a rule matches all of the connections, none, or some or not to be known, as istiod translates it
 * (pilot/pkg/security/authz/model/model.go): from, to and when must all hold. What it cannot make into a condition, as what only
 * HTTP has on a TCP chain, makes it drop an ALLOW rule as a whole, and only the value in any other (checkError): a DENY gets
 * wider. A rule with a key that it does not know is skipped whatever the action.
 */
export function matchRule(rule: PolicyRule, context: RuleContext): RuleMatch {
  if (context.facts.protocol !== undefined) return matchOnChain(rule, context);
  const [first, second] = (["http", "tcp"] as const).map((protocol) => {
    const match = matchOnChain(rule, { ...context, facts: { ...context.facts, protocol } });
    return match === "lost" ? false : match;
  });
  return first === second ? (first ?? "unknown") : "unknown";
}

function matchOnChain(rule: PolicyRule, context: RuleContext): RuleMatch {
  const when = (rule.when ?? []).map(({ key, values, notValues }) => ({
    condition: whenCondition(key, context),
    values,
    notValues,
  }));
  const known = when.flatMap(({ condition, ...field }) => (condition === undefined ? [] : [{ ...field, condition }]));
  if (known.length < when.length) return "lost";
  const ofWhen = (side: Condition["side"]) => known.filter(({ condition }) => condition.side === side);
  const sources = alternatives(rule.from, ({ source }) => sourceFields(source ?? {}, context));
  const operations = alternatives(rule.to, ({ operation }) => operationFields(operation ?? {}, context));
  const lists = [
    sources.map((fields) => [...fields, ...ofWhen("principal")]),
    operations.map((fields) => [...fields, ...ofWhen("permission")]),
  ];
  if ((context.policy.spec.action ?? "ALLOW") === "ALLOW" && lists.flat(2).some(isUnusable)) return "lost";
  return and(lists.map((list) => or(list.map((fields) => and(fields.map(holds))))));
}

function alternatives<T>(list: readonly T[] | undefined, fieldsOf: (each: T) => Field[]): readonly Field[][] {
  return list === undefined || list.length === 0 ? [[]] : list.map(fieldsOf);
}

function isUnusable({ condition, values, notValues }: Field): boolean {
  return [...(values ?? []), ...(notValues ?? [])].some((value) => condition.matches(value) === "unusable");
}

function holds({ condition, values, notValues }: Field): Truth {
  const any = (list: readonly string[] | undefined) => {
    const usable = (list ?? []).flatMap((value) => {
      const match = condition.matches(value);
      return match === "unusable" ? [] : [match];
    });
    return usable.length === 0 ? undefined : or(usable);
  };
  const [some, others] = [any(values), any(notValues)];
  return and([some ?? true, others === undefined ? true : not(others)]);
}

function sourceFields(source: Source, context: RuleContext): Field[] {
  return valuesOfSource(source).flatMap(({ key, values, notValues }) => {
    const condition = principalCondition(key, context);
    return condition === undefined ? [] : [{ condition, values, notValues }];
  });
}

/** What a source asks of a caller, by the keys that `when` has for it. */
export function valuesOfSource(source: Source) {
  const of = (key: string, values?: readonly string[], notValues?: readonly string[]) => ({ key, values, notValues });
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
