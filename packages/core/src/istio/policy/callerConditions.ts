import type { Identity } from "../spiffeId.ts";
import { type Caller, formOf } from "./caller.ts";
import type { RuleContext } from "./connectionFacts.ts";
import { escapeRegExp, matchPolicyText } from "./matchPolicyText.ts";
import { expandTrustDomains, withTrustDomainAliases } from "./trustDomains.ts";
import { or, type Truth } from "./truth.ts";

type Matches = (value: string) => Truth;
type Group = Extract<Caller, { kind: "any of" }>;

/**
 * How values of a key that asks for the caller's identity match it: what istiod makes of them are patterns over the whole SPIFFE
 * ID (pilot/pkg/security/authz/model/generator.go). Undefined for a key of another kind.
 */
export function callerCondition(key: string, { facts: { caller }, mesh, policy }: RuleContext): Matches | undefined {
  const ofNamespace = policy.metadata.namespace ?? "default";
  switch (key) {
    case "source.namespace":
      return (value) =>
        of(
          caller,
          (id) => matchesNamespace(value, id),
          (group) => groupNamespace(value, group),
        );
    case "source.trustDomain":
      return (value) =>
        or(
          expandTrustDomains(value, mesh).map((each) =>
            of(
              caller,
              (id) => hasTrustDomain(id, each),
              (group) => groupTrustDomain(each, group),
            ),
          ),
        );
    case "source.serviceAccount": {
      return (value) => {
        const account = accountOf(value, ofNamespace);
        return of(
          caller,
          (id) => accountPattern(account).test(id),
          (group) => groupAccount(account, group),
        );
      };
    }
    case "source.principal":
      return (value) =>
        or(
          withTrustDomainAliases(mesh, value).map((each) =>
            of(
              caller,
              (id) => matchesPrincipal(each, id),
              (group) => groupPrincipal(each, group),
            ),
          ),
        );
    default:
      return undefined;
  }
}

function of(caller: Caller, ofOne: (id: string) => boolean, ofGroup: (group: Group) => Truth): Truth {
  switch (caller.kind) {
    case "nobody":
      return false;
    case "hidden":
      return "unknown";
    case "identity":
      return ofOne(caller.id);
    case "any of":
      return ofGroup(caller);
  }
}

/** StringMatcherWithPrefix(value, "spiffe://") */
function matchesPrincipal(value: string, id: string): boolean {
  if (value === "*") return id !== "";
  if (value.startsWith("*")) return id.startsWith("spiffe://") && id.endsWith(value.slice(1));
  return matchPolicyText(`spiffe://${value}`, id);
}

function groupPrincipal(value: string, group: Group): Truth {
  const { head, tail, has } = formOf(group);
  if (value === "*") return true;
  if (value.startsWith("*")) {
    const end = value.slice(1);
    return tail.endsWith(end) || (end.endsWith(tail) ? "unknown" : false);
  }
  if (value.endsWith("*")) {
    const beginning = `spiffe://${value.slice(0, -1)}`;
    return head.startsWith(beginning) || (beginning.startsWith(head) ? "unknown" : false);
  }
  return has(`spiffe://${value}`) ? "unknown" : false;
}

function matchesNamespace(value: string, id: string): boolean {
  return new RegExp(`^.*/ns/${globPattern(value)}/.*$`).test(id);
}

function groupNamespace(value: string, { namespace }: Group): Truth {
  if (namespace !== undefined) return matchesNamespace(value, `/ns/${namespace}/`);
  return /^\*+$/.test(value) || "unknown";
}

function hasTrustDomain(id: string, value: string): boolean {
  if (value === "*") return id.startsWith("spiffe://");
  return new RegExp(`^spiffe://${globPattern(value, "[^/]*")}/`).test(id);
}

function groupTrustDomain(value: string, { trustDomain }: Group): Truth {
  if (trustDomain !== undefined) return hasTrustDomain(`spiffe://${trustDomain}/`, value);
  return value === "*" || "unknown";
}

/** serviceAccountRegex: a name alone is one of the policy's own namespace. */
function accountOf(value: string, ofNamespace: string): Pick<Identity, "namespace" | "serviceAccount"> {
  const slash = value.indexOf("/");
  return {
    namespace: slash < 0 ? ofNamespace : value.slice(0, slash),
    serviceAccount: value.slice(slash + 1),
  };
}

function accountPattern({ namespace, serviceAccount }: Pick<Identity, "namespace" | "serviceAccount">): RegExp {
  return new RegExp(`^spiffe://.+/ns/${escapeRegExp(namespace)}/(.+/|)sa/${escapeRegExp(serviceAccount)}(/.+)?$`);
}

function groupAccount(wanted: Pick<Identity, "namespace" | "serviceAccount">, group: Group): Truth {
  const { namespace = wanted.namespace, serviceAccount = wanted.serviceAccount } = group;
  if (namespace !== wanted.namespace || serviceAccount !== wanted.serviceAccount) return false;
  return (group.namespace !== undefined && group.serviceAccount !== undefined) || "unknown";
}

function globPattern(value: string, any = ".*"): string {
  return value.split("*").map(escapeRegExp).join(any);
}
