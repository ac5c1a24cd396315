import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type MeshCluster,
  meshClusterSchema,
  meshSchema,
  type Observed,
  type Trace,
  type TraceRequest,
  type TraceScheme,
  trace,
  traceWorld,
} from "@isthmus/core";
import { observe, openTargets, type Target } from "@isthmus/engine";
import { afterEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Lab, startLab } from "../src/index.ts";
import { combinations } from "./trace/combinations.ts";
import { compiledScenarios } from "./trace/compiledScenarios.ts";
import { accessLogDelay, readEvidence } from "./trace/evidence.ts";
import { type Outside, startOutside } from "./trace/outside.ts";
import { placeScenarios } from "./trace/placeScenarios.ts";
import type { Scenario } from "./trace/scenario.ts";
import { allScenarios } from "./trace/scenarios.ts";
import { createSlots } from "./trace/traceMesh.ts";
import { type PlacedCall, Waves } from "./trace/wave.ts";
import { wireHops } from "./trace/wireHops.ts";

/** What `trace` says of hundreds of configurations, most of them broken in some way, is what real Envoys do. */

const slots = 6;
let home: string;
let lab: Lab;
let outside: Outside;

async function start(roots: "shared" | "separate"): Promise<void> {
  home = await mkdtemp(join(tmpdir(), "isthmus-trace-"));
  lab = await startLab({ home, clusters: 2, roots });
  outside = await startOutside(lab, home);
  await createSlots(lab, outside, slots);
}

afterEach(async () => {
  await outside?.[Symbol.asyncDispose]();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

/** A call with what happened to it, and what trace says. */
interface Judged extends PlacedCall {
  readonly trace: Trace;
  /** The same, but that a client outside is told which gateway the name leads to: the one that the wire's client called. */
  readonly atGateway: Trace;
}

async function openAll(): Promise<ReadonlyMap<string, Target>> {
  const apiVersion = "isthmus.io/v1alpha1";
  const mesh = meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" } });
  const clusters = ["cluster1", "cluster2"].map(
    (name): MeshCluster => meshClusterSchema.parse({ apiVersion, kind: "MeshCluster", metadata: { name } }),
  );
  return openTargets({ mesh, clusters }, { kubeconfig: lab.kubeconfig });
}

/** Each wave of scenarios applied, observed as the product does it, traced, and called. */
async function judge(scenariosOf: (observed: Observed) => readonly Scenario[]): Promise<readonly Judged[]> {
  const targets = await openAll();
  const waves = new Waves(lab, outside);
  const judged: Judged[] = [];
  const { observed: first } = await observe(targets);
  const all = placeScenarios({ lab, outside }, chosen(scenariosOf(first)), slots);
  // A scenario that cannot be made is found before any of them takes time.
  for (const { scenario, place } of all.flat()) scenario.objects(place);
  for (const placed of all) {
    await waves.apply(placed);
    const taken = placed.filter(({ place }) => !waves.refused.has(place.id));
    const { observed } = await observe(targets);
    const world = traceWorld(observed);
    for (const each of await waves.call(taken)) {
      const found = trace(world, requestOf(each));
      const atGateway = isByName(each) ? trace(world, requestAtGateway(each)) : found;
      judged.push({ ...each, trace: found, atGateway });
    }
  }
  await waves.end();
  for (const target of targets.values()) await target.close();
  return judged;
}

/** A client outside that calls a name, and not an address. */
function isByName({ call }: PlacedCall): boolean {
  return call.from === "outside" && !/^[\d.]+$/.test(new URL(call.url).hostname);
}

function requestAtGateway(placed: PlacedCall): TraceRequest {
  const { gatewayAddress: address, ports } = placed.place;
  const port = placed.call.url.startsWith("https:") ? ports.https : ports.http;
  return { ...requestOf(placed), from: { outside: true, connectTo: { address, port } } };
}

/** Those that `$TRACE_ONLY`, a regular expression, is in the title of; all where it is not set. */
function chosen(all: readonly Scenario[]): readonly Scenario[] {
  const only = new RegExp(process.env.TRACE_ONLY ?? "");
  return all.filter(({ title }) => only.test(title));
}

function requestOf({ call, place, index }: PlacedCall): TraceRequest {
  const [namespace = "", workload = ""] = call.from.split("/");
  const [scheme = "http", rest = ""] = call.url.split("://");
  const [authority = "", ...path] = rest.split("/");
  const [host = "", port = scheme === "https" ? "443" : "80"] = authority.split(":");
  const written = `/${path.join("/")}`;
  const tag = `call=${place.id}.${index}`;
  const request = {
    method: call.method ?? "GET",
    url: {
      scheme: scheme as TraceScheme,
      host,
      port: Number(port),
      path: `${written}${written.includes("?") ? "&" : "?"}${tag}`,
    },
    headers: call.headers ?? {},
    ...(call.claims === undefined ? {} : { claims: call.claims }),
    ...(call.certificate === undefined ? {} : { clientCertificate: { subjectAltNames: [call.certificate] } }),
  };
  return call.from === "outside"
    ? { from: { outside: true }, ...request }
    : { from: { cluster: call.cluster, namespace, workload }, ...request };
}

/** How far trace and the wire agree about one call. */
function verdictAgrees({ trace: { verdict, branches }, answer }: Judged): boolean {
  if (verdict === "unknown" || verdict === "partly") return true;
  const [only] = branches;
  const proxyStatus =
    only?.outcome.kind === "answered" && only.outcome.by.type === "proxy" ? only.outcome.status : undefined;
  if (proxyStatus !== undefined) return answer.status === proxyStatus;
  if (verdict === "broken") return !answer.answered;
  return answer.answered && answeredBySomeoneExpected(branches, answer.body);
}

/** go-httpbin shows under /env which pod it is; other paths don't tell. */
function answeredBySomeoneExpected(branches: Trace["branches"], body: string): boolean {
  const pod = /"HTTPBIN_ENV_POD": "([^"]+)"/.exec(body)?.[1];
  const expected = branches.flatMap(({ outcome }) =>
    outcome.kind === "answered" && outcome.by.type === "workload" ? [outcome.by.name] : [],
  );
  return pod === undefined || expected.includes(pod);
}

/** For a person, and for a regression test of it. */
function show({ scenario, place, call, answer, trace: found }: Judged, evidence: unknown): string {
  const objects = scenario.objects(place).map(({ cluster, object }) => `# ${cluster}\n${stringify(object)}`);
  const hops = found.branches.flatMap(({ probability, hops, outcome }) => [
    `  ${probability} ${JSON.stringify(outcome)}`,
    ...hops.map(({ status, name, detail }) => `    ${status} ${name}: ${detail}`),
  ]);
  return [
    `${place.id} ${scenario.title}`,
    `call ${call.cluster} ${call.from} ${call.method ?? "GET"} ${call.url} ${JSON.stringify(call.headers ?? {})}`,
    `wire ${JSON.stringify({ ...answer, body: answer.body.slice(0, 300) })}`,
    `logs ${JSON.stringify(evidence, (_, value) => (value === null ? undefined : value))}`,
    `trace ${found.verdict}`,
    ...hops,
    ...objects,
  ].join("\n");
}

interface Figures {
  readonly scenarios: number;
  readonly calls: number;
  readonly unknown: number;
  readonly partly: number;
  readonly verdicts: number;
  readonly blamed: number;
  readonly hops: number;
}

/** Compares all, and writes the figures, and what disagrees, into `$TRACE_REPORT` where that is set. */
async function compare(judged: readonly Judged[]) {
  await sleep(accessLogDelay);
  const evidenceOf = await readEvidence(lab, judged);
  const wrong = judged.filter((each) => !verdictAgrees(each) || !verdictAgrees({ ...each, trace: each.atGateway }));
  const blamed = judged.flatMap((each) => {
    if (each.trace.verdict !== "broken" || each.answer.answered || !verdictAgrees(each)) return [];
    const allowed = wireHops(each.answer, evidenceOf(each));
    return allowed.length === 0 ? [] : [{ each, agrees: allowed.includes(each.atGateway.blamed?.name ?? "") }];
  });
  const misblamed = blamed.filter(({ agrees }) => !agrees).map(({ each }) => each);
  const of = (verdict: Trace["verdict"]) => judged.filter((each) => each.trace.verdict === verdict).length;
  const figures: Figures = {
    scenarios: new Set(judged.map(({ place }) => place.id)).size,
    calls: judged.length,
    unknown: of("unknown"),
    partly: of("partly"),
    verdicts: judged.length - wrong.length,
    blamed: blamed.length,
    hops: blamed.length - misblamed.length,
  };
  const report = {
    figures,
    wrong: wrong.map((each) => show(each, evidenceOf(each))),
    misblamed: misblamed.map((each) => show(each, evidenceOf(each))),
  };
  const file = process.env.TRACE_REPORT;
  if (file !== undefined) {
    await writeFile(file, [JSON.stringify(figures), ...report.wrong, "MISBLAMED", ...report.misblamed].join("\n\n"));
  }
  return report;
}

test("what trace says of hundreds of configurations is what Envoy does", { timeout: 900_000 }, async () => {
  await start("shared");

  const judged = await judge((observed) => [...allScenarios(), ...combinations(40, 1), ...compiledScenarios(observed)]);
  const { figures, wrong, misblamed } = await compare(judged);

  expect(wrong.join("\n\n")).toBe("");
  expect(figures.scenarios).toBeGreaterThanOrEqual(300);
  // What cannot be told must be rare: ports that no container declares.
  expect(figures.unknown).toBeLessThan(0.05 * figures.calls);
  expect(figures.hops, misblamed.join("\n\n")).toBeGreaterThanOrEqual(0.95 * figures.blamed);
});

test("clusters with roots of their own do not trust each other", { timeout: 300_000 }, async () => {
  await start("separate");
  const titles = ["as it should be", "any server will do", "TLS is off", "word for word", "with the tlsMode label"];
  const scenarios = allScenarios().filter(({ title }) => titles.some((each) => title.endsWith(each)));

  const judged = await judge(() => scenarios);
  const { wrong, figures, misblamed } = await compare(judged);

  expect(wrong.join("\n\n")).toBe("");
  expect(judged.some(({ trace: { blamed } }) => blamed?.code === "TRACE_TRUST")).toBe(true);
  expect(figures.hops, misblamed.join("\n\n")).toBeGreaterThanOrEqual(0.95 * figures.blamed);
});
