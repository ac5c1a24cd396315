import type { AuthorizationPolicy } from "../kinds/istio.ts";

type Rule = NonNullable<AuthorizationPolicy["spec"]["rules"]>[number];

/** Whether a rule matches: every one of the calls, none of them, or some or not to be known. */
export type Match = "yes" | "no" | "maybe";

/** Calls of one caller, or of a group of them, to one port. */
export interface Calls {
  /** A principal; with `*` at one end, or alone, for all that it covers. Mutual TLS tells it. */
  readonly principal: string;
  /** Undefined where the Service only names its pods' port. */
  readonly port: number | undefined;
  readonly sni: string;
}

/**
 * How a rule of a policy in `namespace` meets these calls. What depends on a request (methods, paths, tokens, addresses) is
 * "maybe". istio/pilot/pkg/security/authz/model/model.go
 */
export function matchRule({ from, to, when }: Rule, calls: Calls, namespace: string): Match {
  return all([
    from === undefined ? "yes" : any(from.map(({ source }) => matchFields(source ?? {}, calls, namespace))),
    to === undefined ? "yes" : any(to.map(({ operation }) => matchFields(operation ?? {}, calls, namespace))),
    ...(when ?? []).map(({ key, values, notValues }) =>
      all([
        values === undefined ? "yes" : matchValues(conditionFields[key] ?? "", values, calls, namespace),
        notValues === undefined ? "yes" : not(matchValues(conditionFields[key] ?? "", notValues, calls, namespace)),
      ]),
    ),
  ]);
}

/** The condition keys that say the same as a field of `from` or `to`. */
const conditionFields: Readonly<Record<string, string>> = {
  "source.principal": "principals",
  "source.namespace": "namespaces",
  "source.serviceAccount": "serviceAccounts",
  "destination.port": "ports",
  "connection.sni": "sni",
};

function matchFields(fields: object, calls: Calls, namespace: string): Match {
  return all(
    Object.entries(fields).flatMap(([name, values]: [string, unknown]) => {
      if (!Array.isArray(values) || values.length === 0) return [];
      const isNegative = /^not[A-Z]/.test(name);
      const field = isNegative ? `${name.charAt(3).toLowerCase()}${name.slice(4)}` : name;
      const match = matchValues(field, values.map(String), calls, namespace);
      return [isNegative ? not(match) : match];
    }),
  );
}

function matchValues(field: string, values: readonly string[], calls: Calls, namespace: string): Match {
  const { principal, port, sni } = calls;
  const [, ofNamespace] = /\/ns\/([^/*]+)\//.exec(principal) ?? [];
  switch (field) {
    case "principals":
      return any(values.map((value) => matchPattern(value, principal)));
    case "namespaces":
      return any(values.map((value) => matchPattern(value, ofNamespace ?? "*")));
    case "serviceAccounts":
      return any(
        values.map((value) => {
          const [space, account] = value.includes("/") ? value.split("/") : [namespace, value];
          const [, wanted] = /\/sa\/([^/*]+)$/.exec(principal) ?? [];
          return all([matchPattern(space ?? "", ofNamespace ?? "*"), matchPattern(account ?? "", wanted ?? "*")]);
        }),
      );
    case "ports":
      return port === undefined ? "maybe" : values.includes(String(port)) ? "yes" : "no";
    case "sni":
      return any(values.map((value) => matchPattern(value, sni)));
    default:
      return "maybe";
  }
}

/** Whether `value` (exact, `prefix*`, `*suffix`, or `*` for anything) covers what `wanted`, of the same forms, stands for. */
function matchPattern(value: string, wanted: string): Match {
  if (value === "*") return "yes";
  if (wanted === "*") return "maybe";
  const [of, by] = [formOf(wanted), formOf(value)];
  if (of.form === "exact") return covers(by, of.text) ? "yes" : "no";
  if (by.form === "exact") return covers(of, by.text) ? "maybe" : "no";
  if (of.form !== by.form) return "maybe";
  return covers(by, of.text) ? "yes" : covers(of, by.text) ? "maybe" : "no";
}

interface Form {
  readonly form: "exact" | "prefix" | "suffix";
  readonly text: string;
}

function formOf(pattern: string): Form {
  if (pattern.endsWith("*")) return { form: "prefix", text: pattern.slice(0, -1) };
  return pattern.startsWith("*") ? { form: "suffix", text: pattern.slice(1) } : { form: "exact", text: pattern };
}

function covers({ form, text }: Form, other: string): boolean {
  if (form === "exact") return text === other;
  return form === "prefix" ? other.startsWith(text) : other.endsWith(text);
}

function all(matches: readonly Match[]): Match {
  if (matches.includes("no")) return "no";
  return matches.includes("maybe") ? "maybe" : "yes";
}

function any(matches: readonly Match[]): Match {
  if (matches.includes("yes")) return "yes";
  return matches.includes("maybe") ? "maybe" : "no";
}

function not(match: Match): Match {
  return match === "maybe" ? "maybe" : match === "yes" ? "no" : "yes";
}
