import { type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { SharedService } from "./sharedService.ts";
import type { TextMatch, TrafficRule } from "./traffic.ts";

type Step = string | number;

/** istio/pkg/config/validation/validation.go, supportedRetryOnPolicies: the conditions of Envoy's router */
const retryConditions: ReadonlySet<string> = new Set(
  (
    "5xx gateway-error reset reset-before-request connect-failure retriable-4xx refused-stream retriable-status-codes " +
    "retriable-headers envoy-ratelimited http3-post-connect-failure cancelled deadline-exceeded internal resource-exhausted " +
    "unavailable"
  ).split(" "),
);

/** Rules, timeout and retries of a shared service that istiod would refuse, or that can never come into effect. */
export function checkRoutes(service: SharedService): readonly Problem[] {
  const { match = [] } = service.spec.traffic ?? {};
  const earlier = new Map<string, number>();
  return [
    ...match.flatMap((rule, index) => {
      const found = checkRule(service, rule, index);
      const key = conditionsOf(rule);
      const first = earlier.get(key);
      earlier.set(key, first ?? index);
      if (first === undefined || found.length > 0) return found;
      const message = say`spec.traffic.match[${{ index }}] is never reached: rule ${{ first }} matches the same calls`;
      return [invalid(service, ["match", index], message, "remove one of the two")];
    }),
    ...checkRetries(service),
  ];
}

/** The rule without its end, the order of headers and methods aside. */
function conditionsOf({ headers = {}, path, methods = [] }: TrafficRule): string {
  const named = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]);
  return JSON.stringify([named.sort(), path, [...methods].sort()]);
}

function checkRule(service: SharedService, rule: TrafficRule, index: number): readonly Problem[] {
  const { headers = {}, path, methods, to } = rule;
  const here = ["match", index];
  const name = `spec.traffic.match[${index}]`;
  const problems: Problem[] = [];
  if (Object.keys(headers).length === 0 && path === undefined && methods === undefined) {
    const hint = "give headers, path or methods; what holds for all calls is a split";
    problems.push(invalid(service, here, say`${{ name }} has no condition, so it would match every call`, hint));
  }
  if (to.cluster === undefined && to.labels === undefined) {
    problems.push(invalid(service, [...here, "to"], say`${{ name }}.to needs at least one of cluster, labels`, ""));
  }
  for (const [header, text] of Object.entries(headers)) {
    const place = [...here, "headers", header];
    // istio/pkg/config/validation/validation.go, validHeaderNameRegex
    if (!/^[-_A-Za-z0-9]+$/.test(header)) {
      problems.push(invalid(service, place, say`${{ name }}.headers: ${{ header }} is not a header's name`, ""));
    }
    problems.push(...checkText(service, place, `${name}.headers.${header}`, text));
  }
  if (path === undefined) return problems;
  const start = path.exact ?? path.prefix;
  if (start !== undefined && !start.startsWith("/")) {
    problems.push(invalid(service, [...here, "path"], say`${{ name }}.path must begin with /`, ""));
  }
  return [...problems, ...checkText(service, [...here, "path"], `${name}.path`, path)];
}

function checkText(service: SharedService, place: readonly Step[], name: string, text: TextMatch): readonly Problem[] {
  if (Object.keys(text).length !== 1) {
    return [invalid(service, place, say`${{ name }} needs exactly one of exact, prefix, regex`, "")];
  }
  // Go's regexp and Envoy's RE2 have neither: https://github.com/google/re2/wiki/Syntax
  if (text.regex === undefined || !/\(\?<?[=!]|\\[1-9]/.test(text.regex)) return [];
  const message = say`${{ name }}.regex looks ahead, behind or back, which RE2 cannot`;
  return [invalid(service, [...place, "regex"], message, "write it without (?=, (?!, (?<=, (?<! and \\1")];
}

function checkRetries(service: SharedService): readonly Problem[] {
  const { retries, timeout } = service.spec.traffic ?? {};
  if (retries === undefined) return [];
  const problems: Problem[] = [];
  const { attempts, perTryTimeout, retryOn } = retries;
  if (attempts === 0 && (perTryTimeout !== undefined || retryOn !== undefined)) {
    const message = say`spec.traffic.retries tries nothing again, so perTryTimeout and retryOn mean nothing`;
    problems.push(invalid(service, ["retries"], message, "remove them, or let attempts be at least 1"));
  }
  const unknown = (retryOn?.split(",") ?? []).filter((each) => !retryConditions.has(each) && !/^[1-5]\d\d$/.test(each));
  if (unknown.length > 0) {
    const message = say`spec.traffic.retries.retryOn: ${unknown.map((each) => `"${each}"`).join(", ")} is not a condition`;
    const hint = `known are status codes and ${[...retryConditions].join(",")}`;
    problems.push(invalid(service, ["retries", "retryOn"], message, hint));
  }
  if (perTryTimeout !== undefined && timeout !== undefined && milliseconds(perTryTimeout) > milliseconds(timeout)) {
    const message = say`spec.traffic.retries.perTryTimeout of ${{ perTryTimeout }} is longer than spec.traffic.timeout of ${{ timeout }}`;
    problems.push(invalid(service, ["retries", "perTryTimeout"], message, "the timeout holds for all tries together"));
  }
  return problems;
}

/** Of a duration as the schema takes it. */
function milliseconds(duration: string): number {
  const [, number = "0", unit = "ms"] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(number) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 1);
}

function invalid(service: SharedService, path: readonly Step[], message: Sentence, hint: string): Problem {
  return makeProblem({ code: "FIELD_INVALID", at: at(service, "spec", "traffic", ...path), message, hint });
}
