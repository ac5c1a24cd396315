import { type HttpMatch, type HttpRoute, parseHostPort, type StringMatch } from "../istio/index.ts";
import {
  escapeRegExp,
  matchPolicyPath,
  matchPolicyText,
  policyPathRegex,
  policyTextRegex,
  routingClaim,
} from "../istio/policy/index.ts";
import type { AuthorizationPolicy, RequestAuthentication } from "../kinds/index.ts";
import { isPresence, matchesString, regexOfString, rewrittenPath, type TraceWorld } from "../trace/index.ts";
import { type Question, type RequestDimension, type Values, valueClasses } from "./requestDimension.ts";

/** All that routes and policies ask of requests. */
export interface AskedOfRequests {
  readonly routes: readonly HttpRoute[];
  readonly policies: readonly AuthorizationPolicy[];
  readonly authentications: readonly RequestAuthentication[];
  readonly names: CalledNames;
  /** What is asked of the inside of an encrypted connection, nobody on its way sees. */
  readonly isOpaque: boolean;
}

/** How the host of a request may be written, and what a client of it says that it calls. */
export interface CalledNames extends Pick<Values, "domain"> {
  readonly usual: readonly string[];
  readonly authorityOf: (host: string) => string;
  /** How it may be written by workloads of its own namespace alone. */
  readonly atHome?: string;
}

type Part = RequestDimension["part"];

const segment = "[-a-zA-Z0-9._~!$&'()*+,;=:@]*";
const values: Readonly<Record<Exclude<Part, "host">, Values>> = {
  method: { usual: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"], domain: "[A-Z]+", rest: "OTHER" },
  path: { usual: ["/~", "/"], domain: `/(${segment}|/)*`, rest: "other paths" },
  header: { usual: [undefined, "~"], domain: "[!-~]([ -~]*[!-~])?", rest: "another" },
  query: { usual: [undefined, "~"], domain: "[-a-zA-Z0-9._~!$'()*,;:@/]+", rest: "another" },
};

/** The parts of requests by which something of this is told apart, with their classes. */
export function requestDimensions(world: TraceWorld, asked: AskedOfRequests): readonly RequestDimension[] {
  const questions = new Questions(asked.names);
  if (!asked.isOpaque) for (const route of asked.routes) askedByRoute(questions, route);
  for (const policy of asked.policies) askedByPolicy(questions, policy, asked.isOpaque);
  if (!asked.isOpaque) rewritten(questions, asked.routes);
  for (const { outputClaimToHeaders = [] } of asked.authentications.flatMap(({ spec }) => spec.jwtRules ?? [])) {
    for (const { header, claim } of outputClaimToHeaders) {
      questions.doubt(
        "header",
        header.toLowerCase(),
        `a proxy writes claim ${claim} of a token there, after which it was not looked at`,
      );
    }
  }
  return questions.dimensions(world);
}

/** A sidecar takes for where a request came from at first what its header says, which anybody may write. */
export function forwardedDoubts(policies: readonly AuthorizationPolicy[]): readonly string[] {
  const isAsked = policies.some(({ spec }) =>
    (spec.rules ?? []).some(
      ({ from = [], when = [] }) =>
        from.some(({ source }) => (source?.remoteIpBlocks ?? source?.notRemoteIpBlocks) !== undefined) ||
        when.some(({ key }) => key === "remote.ip"),
    ),
  );
  return isAsked ? ["header x-forwarded-for: it may say another address, and was not looked at"] : [];
}

function askedByRoute(questions: Questions, { match = [], headers }: HttpRoute): void {
  for (const {
    uri,
    method,
    authority,
    headers: wanted = {},
    withoutHeaders = {},
    queryParams = {},
    ...more
  } of match) {
    if (uri !== undefined) questions.add("path", "", ofString(uri, { ignoreCase: more.ignoreUriCase === true }));
    if (method !== undefined) questions.add("method", "", ofString(method));
    if (authority !== undefined) questions.add("host", "", ofString(authority));
    for (const [name, value] of Object.entries(wanted)) {
      if (routingClaim(name) === undefined) questions.addHeader(name, ofString(value));
    }
    for (const [name, value] of Object.entries(withoutHeaders)) {
      if (routingClaim(name) === undefined) questions.addHeader(name, ofString(value, { missing: "" }));
    }
    for (const [name, value] of Object.entries(queryParams)) questions.add("query", name, ofString(value));
  }
  for (const name of Object.keys(headers?.request?.add ?? {})) {
    questions.doubt("header", name.toLowerCase(), "a route adds to it, after which it was not looked at");
  }
}

function askedByPolicy(questions: Questions, { spec }: AuthorizationPolicy, isOpaque: boolean): void {
  for (const { to = [], when = [] } of spec.rules ?? []) {
    for (const { operation = {} } of isOpaque ? [] : to) {
      const of = (values: readonly string[] = [], others: readonly string[] = []) => [...values, ...others];
      for (const path of of(operation.paths, operation.notPaths)) questions.add("path", "", ofPath(path));
      for (const method of of(operation.methods, operation.notMethods)) questions.add("method", "", ofText(method));
      for (const host of of(operation.hosts, operation.notHosts)) {
        questions.add("host", "", ofHost(host));
      }
    }
    for (const { key, values: some = [], notValues = [] } of when) {
      const [, name] = /^request\.headers\[(.*)\]$/.exec(key.toLowerCase()) ?? [];
      for (const value of [...some, ...notValues]) {
        if (key === "connection.sni") questions.addSni(value);
        else if (name !== undefined && !isOpaque) questions.addHeader(name, ofHeader(value));
      }
    }
  }
}

/** What is asked of a path after a route has written another: of the path before, whose end is the same. */
function rewritten(questions: Questions, routes: readonly HttpRoute[]): void {
  const asked = questions.of("path");
  for (const route of routes) {
    const { rewrite } = route;
    if ((rewrite?.uriRegexRewrite?.match ?? "") !== "")
      questions.doubt("path", "", "a route writes another by a regular expression, after which it was not looked at");
    if (rewrite?.uri === undefined || rewrite.uri === "") continue;
    const matches: readonly (HttpMatch | undefined)[] = route.match ?? [];
    for (const match of matches.length === 0 ? [undefined] : matches) {
      // Of the whole path nothing is left.
      if ((match?.uri?.exact ?? match?.uri?.regex) !== undefined) continue;
      for (const question of asked) questions.add("path", "", afterRewrite(question, route, match));
    }
  }
}

function afterRewrite(question: Question, route: HttpRoute, match: HttpMatch | undefined): Question {
  const uri = match?.uri;
  const ignoreCase = match?.ignoreUriCase === true;
  const [prefix, written] = [uri?.prefix ?? "/", route.rewrite?.uri ?? ""];
  // The Gateway API's `/` leaves one slash of the two.
  const text = uri?.isOfSegments && written === "/" ? "" : written;
  return {
    label: `${prefix}* that becomes ${question.label}`,
    regex: escapeRegExp(prefix),
    ignoreCase,
    next: { text, pattern: { regex: question.regex, ignoreCase: question.ignoreCase } },
    matches: (path = "") => {
      const isTaken = uri === undefined || matchesString(uri, path, ignoreCase);
      return isTaken === true ? question.matches(rewrittenPath(path, route, match)) : isTaken;
    },
  };
}

/** Of routes. `missing`: what a value counts as that is not there. */
function ofString(
  match: StringMatch,
  { ignoreCase = false, missing }: { readonly ignoreCase?: boolean; readonly missing?: string } = {},
): Question {
  const { exact, prefix, regex } = match;
  const isOfSegments = match.isOfSegments === true && prefix?.endsWith("/") !== true;
  const text = exact ?? (prefix === undefined ? `~${regex}` : `${prefix}${isOfSegments ? "/*" : "*"}`);
  return {
    label: isPresence(match) ? "another" : `${text}${ignoreCase ? " in any case" : ""}`,
    regex: regexOfString(match),
    ignoreCase,
    matches: (value) => {
      if (isPresence(match)) return value !== undefined;
      const given = value ?? missing;
      return given === undefined ? false : matchesString(match, given, ignoreCase);
    },
  };
}

function ofText(pattern: string): Question {
  return {
    label: pattern,
    regex: policyTextRegex(pattern),
    ignoreCase: false,
    matches: (value) => value !== undefined && matchPolicyText(pattern, value),
  };
}

function ofHost(pattern: string): Question {
  const { matches, ...question } = ofText(pattern.toLowerCase());
  return { ...question, ignoreCase: true, matches: (value) => matches(value?.toLowerCase()) };
}

function ofPath(pattern: string): Question {
  return {
    label: pattern,
    regex: policyPathRegex(pattern),
    ignoreCase: false,
    matches: (value) => value !== undefined && matchPolicyPath(pattern, value),
  };
}

/** HeaderMatcher: `*` asks for the header alone, which may be empty. */
function ofHeader(pattern: string): Question {
  return pattern === "*" ? ofString({}) : ofText(pattern);
}

class Questions {
  readonly #byPart = new Map<string, { readonly part: Part; readonly name: string; readonly asked: Question[] }>();
  readonly #doubts: { readonly part: Part; readonly name: string; readonly why: string }[] = [];
  readonly #names: CalledNames;

  constructor(names: CalledNames) {
    this.#names = names;
  }

  add(part: Part, name: string, question: Question): void {
    const key = `${part} ${name}`;
    const known = this.#byPart.get(key) ?? { part, name, asked: [] };
    this.#byPart.set(key, known);
    known.asked.push(question);
  }

  /** Some of what is asked as a header is another part of the request. */
  addHeader(written: string, question: Question): void {
    const name = written.toLowerCase();
    if (name === ":method") this.add("method", "", question);
    else if (name === ":authority" || name === "host") this.add("host", "", question);
    else if (name === ":path") {
      this.add("path", "", question);
      this.doubt("path", "", "the header :path is asked for, of which what follows a ? was not looked at");
    } else if (!name.startsWith(":")) this.add("header", name, question);
  }

  addSni(pattern: string): void {
    const { authorityOf } = this.#names;
    const port = escapeRegExp(authorityOf("x").slice(1));
    const { matches, ...question } = ofText(pattern);
    const ofName = (authority = "") => matches(parseHostPort(authority).host);
    this.add("host", "", { ...question, regex: `(${question.regex})${port}`, matches: ofName });
  }

  /** Said only where somebody asks. */
  doubt(part: Part, name: string, why: string): void {
    this.#doubts.push({ part, name, why });
  }

  of(part: Part): readonly Question[] {
    return [...this.#byPart.values()].flatMap((each) => (each.part === part ? each.asked : []));
  }

  dimensions(world: TraceWorld): readonly RequestDimension[] {
    return [...this.#byPart.values()].map(({ part, name, asked }) => {
      const found = part === "host" ? this.#hosts(world, asked) : valueClasses(world, asked, values[part]);
      const doubts = this.#doubts.filter((each) => each.part === part && each.name === name);
      const untold = [...new Set([...found.untold, ...doubts.map(({ why }) => why)])];
      return { part, name, classes: found.classes, untold };
    });
  }

  /** What is asked is what a client says that it calls, and not the name alone. */
  #hosts(world: TraceWorld, asked: readonly Question[]) {
    const { authorityOf, usual, domain, atHome } = this.#names;
    const port = authorityOf("x").slice(1);
    const found = (hosts: readonly string[]) =>
      valueClasses(world, asked, {
        usual: hosts.map(authorityOf),
        ...(domain === undefined ? {} : { domain: `(${domain})${escapeRegExp(port)}` }),
        rest: "another",
      });
    const { classes, untold } = found(usual);
    const isWhole = atHome === undefined || found([...usual, atHome]).classes.length === classes.length;
    const hosts = classes.map(({ value, ...each }) => ({
      ...each,
      value: value?.slice(0, value.length - port.length),
    }));
    return { classes: hosts, untold: isWhole ? untold : [...untold, `calls of ${atHome} alone were not looked at`] };
  }
}
