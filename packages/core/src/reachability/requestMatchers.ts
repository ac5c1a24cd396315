import type { HttpMatch, StringMatch } from "../istio/index.ts";
import { matchPolicyPath, matchPolicyText } from "../istio/policy/index.ts";
import type { AuthorizationPolicy } from "../kinds/index.ts";
import { isPresence, matchesString } from "../trace/index.ts";
import { regexSamples } from "./regexSamples.ts";
import {
  classesOf,
  type DimensionDraft,
  type Matcher,
  type RequestDimension,
  type Sample,
} from "./requestDimension.ts";

/** All that routes and policies ask of requests, sorted by the part that they ask about. */
export interface AskedOfRequests {
  readonly matches: readonly HttpMatch[];
  readonly policies: readonly AuthorizationPolicy[];
}

const usualMethods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

/** The parts of requests by which something of this is told apart, with their classes. */
export function requestDimensions({ matches, policies }: AskedOfRequests): readonly RequestDimension[] {
  const drafts = new Drafts(freshText(matches, policies));
  for (const match of matches) addMatch(drafts, match);
  for (const { spec } of policies) {
    for (const { to = [], when = [] } of spec.rules ?? []) {
      for (const { operation = {} } of to) {
        for (const path of [...(operation.paths ?? []), ...(operation.notPaths ?? [])]) {
          drafts.addPolicy("path", "", path);
        }
        for (const method of [...(operation.methods ?? []), ...(operation.notMethods ?? [])]) {
          drafts.addPolicy("method", "", method);
        }
      }
      for (const { key, values = [], notValues = [] } of when) {
        const [, name] = /^request\.headers\[(.*)\]$/.exec(key) ?? [];
        if (name === undefined) continue;
        for (const value of [...values, ...notValues]) drafts.addPolicy("header", name.toLowerCase(), value);
      }
    }
  }
  return drafts.dimensions();
}

function addMatch(drafts: Drafts, match: HttpMatch): void {
  const { uri, method, headers = {}, withoutHeaders = {}, queryParams = {}, ignoreUriCase = false } = match;
  if (uri !== undefined) drafts.addString("path", "", uri, ignoreUriCase);
  if (method !== undefined) drafts.addString("method", "", method);
  for (const [name, value] of [...Object.entries(headers), ...Object.entries(withoutHeaders)]) {
    if (!name.startsWith("@")) drafts.addString("header", name.toLowerCase(), value);
  }
  for (const [name, value] of Object.entries(queryParams)) drafts.addString("query", name, value);
}

type Part = RequestDimension["part"];

/** A text that none of them has, to stand for any other. */
function freshText(matches: readonly HttpMatch[], policies: readonly AuthorizationPolicy[]): string {
  const written = JSON.stringify([matches, policies.map(({ spec }) => spec)]);
  let fresh = "~";
  while (written.includes(fresh)) fresh += "~";
  return fresh;
}

class Drafts {
  readonly #byPart = new Map<string, DimensionDraft & { readonly part: Part; readonly name: string }>();
  readonly #fresh: string;
  readonly #suffixes: string[] = [];
  readonly #prefixes: string[] = [];

  constructor(fresh: string) {
    this.#fresh = fresh;
  }

  addString(part: Part, name: string, match: StringMatch, ignoreCase = false): void {
    const test: Matcher = (value) => {
      if (value === undefined) return isPresence(match) ? false : matchesString(match, "", ignoreCase);
      return isPresence(match) || matchesString(match, value, ignoreCase);
    };
    const samples = this.#ofString(part, match);
    const others = ignoreCase
      ? samples.map(({ value, label }) => ({
          value: value?.toUpperCase(),
          label: `${label.toUpperCase()} in capitals`,
        }))
      : [];
    this.#add(part, name, {
      test,
      samples: [...samples, ...others],
      written: JSON.stringify(match),
      isRegex: match.regex !== undefined,
    });
  }

  addPolicy(part: Part, name: string, pattern: string): void {
    const matches = part === "path" ? matchPolicyPath : matchPolicyText;
    const test: Matcher = (value) => {
      if (value === undefined) return false;
      return (part === "header" && pattern === "*") || matches(pattern, value);
    };
    this.#add(part, name, { test, samples: this.#ofPattern(part, pattern), written: pattern, isRegex: false });
  }

  dimensions(): readonly RequestDimension[] {
    return [...this.#byPart.values()].map((draft) => {
      const samples = [...draft.samples];
      if (draft.part === "path") {
        for (const prefix of this.#prefixes) {
          for (const suffix of this.#suffixes) {
            samples.push({ value: prefix + this.#fresh + suffix, label: `${prefix}*${suffix}` });
          }
        }
      }
      return { part: draft.part, name: draft.name, ...classesOf({ matchers: draft.matchers, samples }) };
    });
  }

  #add(
    part: Part,
    name: string,
    asked: {
      readonly test: Matcher;
      readonly samples: readonly Sample[];
      readonly written: string;
      readonly isRegex: boolean;
    },
  ): void {
    const key = `${part} ${name}`;
    const draft = this.#byPart.get(key) ?? { part, name, matchers: [], samples: this.#ofAny(part) };
    this.#byPart.set(key, draft);
    draft.matchers.push({ matches: asked.test, written: asked.written, isRegex: asked.isRegex });
    draft.samples.push(...asked.samples);
  }

  #ofAny(part: Part): Sample[] {
    switch (part) {
      case "method":
        return [
          ...usualMethods.map((value) => ({ value, label: value })),
          { value: "OTHER", label: "OTHER", isTelling: true },
        ];
      case "path":
        return [
          { value: `/${this.#fresh}`, label: "other paths" },
          { value: "/", label: "/" },
        ];
      default:
        return [
          { value: undefined, label: "none" },
          { value: this.#fresh, label: "another" },
        ];
    }
  }

  #ofString(part: Part, match: StringMatch): readonly Sample[] {
    if (match.exact !== undefined) return [{ value: match.exact, label: match.exact }];
    if (match.prefix !== undefined) {
      const { prefix } = match;
      if (part === "path") this.#prefixes.push(prefix);
      const within = match.isOfSegments === true && !prefix.endsWith("/") ? `${prefix}/` : prefix;
      return [
        { value: `${within}${this.#fresh}`, label: `${within}*` },
        { value: `${prefix}${this.#fresh}`, label: `${prefix}*` },
        { value: prefix, label: prefix },
      ];
    }
    if (match.regex === undefined || match.regex === "*") return [];
    return regexSamples(match.regex, this.#fresh).map((value) => ({ value, label: `~${match.regex}` }));
  }

  #ofPattern(part: Part, pattern: string): readonly Sample[] {
    if (pattern === "*") return [];
    if (part === "path" && /\{\*\*?\}/.test(pattern)) {
      const value = pattern.replaceAll(/\{\*\*?\}/g, this.#fresh);
      return [
        { value, label: pattern },
        {
          value: pattern.replaceAll(/\{\*\}/g, this.#fresh).replaceAll("{**}", `${this.#fresh}/${this.#fresh}`),
          label: pattern,
        },
      ];
    }
    if (pattern.startsWith("*")) {
      const suffix = pattern.slice(1);
      if (part === "path") this.#suffixes.push(suffix);
      const before = part === "path" ? "/" : "";
      return [
        { value: `${before}${this.#fresh}${suffix}`, label: pattern },
        { value: suffix, label: suffix },
      ].filter(({ value }) => part !== "path" || value.startsWith("/"));
    }
    if (pattern.endsWith("*")) {
      const prefix = pattern.slice(0, -1);
      if (part === "path") this.#prefixes.push(prefix);
      return [
        { value: `${prefix}${this.#fresh}`, label: pattern },
        { value: prefix, label: prefix },
      ].filter(({ value }) => value !== "");
    }
    return [{ value: pattern, label: pattern }];
  }
}
