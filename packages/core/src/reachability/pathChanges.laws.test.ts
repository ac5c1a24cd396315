import { observedOf } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TraceWorld, trace, traceWorld } from "../trace/index.ts";
import { type Answer, answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { type Caller, showCallerName } from "./callers.ts";
import { type PathChange, pathChanges } from "./pathChanges.ts";
import { pathRows } from "./pathRows.ts";
import { type Reachability, reachability } from "./reachability.ts";
import type { RequestParts } from "./requestClasses.ts";
import { type Target, targetKey } from "./targets.ts";

/** `npm run laws` draws 1,250 pairs of meshes. */
const runs = Math.ceil(Number(process.env.LAW_RUNS ?? 100) / 4);

/** A small mesh in its parts, of which another state has some otherwise: five workloads of one to three pods that call two hosts. */
const workload = fc.record({
  pods: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 }),
  account: fc.constantFrom("own", "shared"),
  node: fc.constantFrom("eu", "us"),
});
const rule = fc.record(
  {
    from: fc.constantFrom(
      { principals: ["cluster.local/ns/foo/sa/shared"] },
      { ipBlocks: ["10.0.1.1", "10.0.2.2"] },
      { namespaces: ["bar"] },
      { notPrincipals: ["*"] },
    ),
    to: fc.constantFrom({ methods: ["GET"] }, { methods: ["POST"], paths: ["/admin*"] }, { ports: ["8080"] }),
  },
  { requiredKeys: [] },
);
const policy = fc.record({
  action: fc.constantFrom("ALLOW", "DENY"),
  rules: fc.array(rule, { maxLength: 2 }),
});
const route = fc.constantFrom(
  undefined,
  [
    { match: [{ uri: { prefix: "/admin" } }], directResponse: { status: 410 } },
    { route: [{ destination: { host: "api" } }] },
  ],
  [
    { match: [{ method: { exact: "GET" } }], route: [{ destination: { host: "web" } }] },
    { route: [{ destination: { host: "api" } }] },
  ],
);
const parts = {
  one: fc.option(workload),
  two: fc.option(workload),
  three: fc.option(workload),
  api: workload,
  web: workload,
  policies: fc.array(policy, { maxLength: 2 }),
  route,
  tls: fc.constantFrom(undefined, "DISABLE", "ISTIO_MUTUAL"),
  peers: fc.constantFrom(undefined, "STRICT", "DISABLE"),
  isFiltered: fc.boolean(),
  hosts: fc.constantFrom(["api", "web"], ["api"]),
};
const mesh = fc.record(parts);
type Mesh = typeof mesh extends fc.Arbitrary<infer T> ? T : never;

const states = fc
  .tuple(mesh, mesh, fc.subarray(Object.keys(parts) as (keyof Mesh)[], { maxLength: 4 }))
  .map(([before, other, changed]) => {
    const after = { ...before, ...Object.fromEntries(changed.map((part) => [part, other[part]])) };
    return [worldOf(before), worldOf(after)] as const;
  });

function worldOf({
  one,
  two,
  three,
  api,
  web,
  policies,
  route: http,
  tls,
  peers,
  isFiltered,
  hosts,
}: Mesh): TraceWorld {
  const inBar = (kind: string, group: string, name: string, spec: unknown) => ({
    apiVersion: `${group}.istio.io/v1`,
    kind,
    metadata: { name, namespace: "bar" },
    spec,
  });
  const workloads = { one, two, three, api, web };
  const objects: readonly unknown[] = [
    ...["foo", "bar"].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "istio-injection": "enabled" } },
    })),
    ...["eu", "us"].map((name) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "topology.kubernetes.io/region": name } },
    })),
    ...Object.entries(workloads).flatMap(([name, each], index) => (each === null ? [] : podsOf(name, index, each))),
    ...hosts.map((name, index) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "bar" },
      spec: {
        clusterIP: `10.96.0.${index}`,
        selector: { app: name },
        ports: [80, 90].map((port) => ({ name: `http-${port}`, port, targetPort: 8000 + port })),
      },
    })),
    ...policies.map(({ action, rules }, index) =>
      inBar("AuthorizationPolicy", "security", `p${index}`, {
        action,
        rules: rules.map(({ from, to }) => ({
          ...(from && { from: [{ source: from }] }),
          ...(to && { to: [{ operation: to }] }),
        })),
      }),
    ),
    ...(http === undefined ? [] : [inBar("VirtualService", "networking", "r", { hosts: ["api"], http })]),
    ...(tls === undefined
      ? []
      : [inBar("DestinationRule", "networking", "d", { host: "api", trafficPolicy: { tls: { mode: tls } } })]),
    ...(peers === undefined ? [] : [inBar("PeerAuthentication", "security", "default", { mtls: { mode: peers } })]),
    ...(isFiltered ? [inBar("EnvoyFilter", "networking", "f", lua)] : []),
  ];
  const yaml = objects.map((object) => `${JSON.stringify(object)}\n---\n`).join("");
  return traceWorld(observedOf({ c1: { yaml } }));
}

const lua = {
  workloadSelector: { labels: { app: "web" } },
  configPatches: [
    { applyTo: "HTTP_FILTER", patch: { operation: "INSERT_BEFORE", value: { name: "lua", typed_config: {} } } },
  ],
};

function podsOf(name: string, index: number, { pods, account, node }: NonNullable<Mesh["one"]>): readonly unknown[] {
  const namespace = ["api", "web"].includes(name) ? "bar" : "foo";
  return pods.map((suffix) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-5d9c5b8f4-${suffix}`,
      namespace,
      labels: { app: name, "pod-template-hash": "5d9c5b8f4", "security.istio.io/tlsMode": "istio" },
    },
    spec: {
      nodeName: node,
      serviceAccountName: account === "own" ? name : account,
      containers: [{ name: "app" }, { name: "istio-proxy" }],
    },
    status: {
      phase: "Running",
      podIP: `10.0.${index}.${suffix.charCodeAt(0) - 96}`,
      conditions: [{ type: "Ready", status: "True" }],
    },
  }));
}

/** All of a cell of the matrix in which a change would show. */
function cellOf({ verdict, to, mutualTls }: Answer): string {
  if (verdict === "broken" || verdict === "unknown") return verdict;
  return JSON.stringify([verdict, mutualTls, to.map(({ region: _, ...place }) => place)]);
}

function cellIn(world: TraceWorld, caller: Caller | undefined, target: Target, request: RequestParts): string {
  if (caller === undefined) return "broken";
  return cellOf(answerOf(world, trace(world, requestOf(caller, target, request))));
}

interface Ends {
  readonly before: TraceWorld;
  readonly after: TraceWorld;
  readonly left: Reachability;
  readonly right: Reachability;
}

/** Requests of which either matrix, or a change, knows for a target. */
function requestsOf({ left, right }: Ends, changes: readonly PathChange[], target: Target): readonly RequestParts[] {
  const known = [...left.targets, ...right.targets].filter((each) => targetKey(each.target) === targetKey(target));
  const all = [
    ...known.flatMap(({ groups }) => groups.flatMap(({ answers }) => answers.flatMap(({ examples }) => examples))),
    ...changes.filter((each) => targetKey(each.target) === targetKey(target)).flatMap(({ examples }) => examples),
  ];
  return [...new Map(all.map((request) => [JSON.stringify(request), request])).values()];
}

const podName = (caller: Caller, name: string) => `${caller.cluster} ${caller.namespace ?? ""}/${name}`;

/** Of each pod its caller: who of several of a workload is answered how. */
function callersByPod(callers: readonly Caller[]): ReadonlyMap<string, Caller> {
  return new Map(callers.flatMap((caller) => caller.names.map((name) => [podName(caller, name), caller] as const)));
}

/** What is wrong with the changes that are told of one target. */
function checkTarget(ends: Ends, changes: readonly PathChange[], target: Target): void {
  const own = changes.filter((each) => targetKey(each.target) === targetKey(target));
  const [was, is] = [callersByPod(ends.left.callers), callersByPod(ends.right.callers)];
  const workloadsOf = (callers: readonly Caller[], name: string) =>
    callers.filter((caller) => showCallerName(caller) === name);
  const requests = requestsOf(ends, changes, target);
  const isTold = (one: Caller | undefined, other: Caller | undefined, [from, to]: readonly [string, string]) =>
    own.some(
      ({ callers, before, after }) =>
        cellOf(before) === from &&
        cellOf(after) === to &&
        callers.some(({ pairs }) => pairs.some((pair) => pair.before === one && pair.after === other)),
    );
  for (const request of requests) {
    for (const pod of new Set([...was.keys(), ...is.keys()])) {
      const [one, other] = [was.get(pod), is.get(pod)];
      const shown = other ?? one;
      if (shown === undefined) continue;
      const others = workloadsOf(one === undefined ? ends.left.callers : ends.right.callers, showCallerName(shown));
      const from = cellIn(ends.before, one, target, request);
      const to = cellIn(ends.after, other, target, request);
      if (one !== undefined && other !== undefined) {
        if (from !== to) expect(isTold(one, other, [from, to]), `${pod} ${JSON.stringify(request)}`).toBe(true);
        continue;
      }
      // One that comes or goes: told unless its workload has another that is answered so, or where there is no such workload.
      const cells = others.map((each) =>
        one === undefined ? cellIn(ends.before, each, target, request) : cellIn(ends.after, each, target, request),
      );
      const cell = one === undefined ? to : from;
      if (cells.includes(cell) || (others.length === 0 && cell === "broken")) continue;
      const isSaid = (others.length === 0 ? [undefined] : others).some((each, index) => {
        const there = cells[index] ?? "broken";
        return one === undefined ? isTold(each, other, [there, cell]) : isTold(one, each, [cell, there]);
      });
      expect(isSaid, `${pod} ${JSON.stringify(request)}`).toBe(true);
    }
  }
  for (const { callers, examples, requests: words, before, after } of own) {
    for (const { before: one, after: other } of callers.flatMap(({ pairs }) => pairs)) {
      for (const request of words === "any request" ? requests : examples) {
        const cells = [cellIn(ends.before, one, target, request), cellIn(ends.after, other, target, request)];
        expect(cells, `${words} ${JSON.stringify(request)}`).toEqual([cellOf(before), cellOf(after)]);
        expect(cells[0]).not.toBe(cells[1]);
      }
    }
  }
}

test("the matrix before with the changes is the matrix after: nothing is lost and nothing invented", () => {
  let told = 0;
  fc.assert(
    fc.property(states, ([before, after]) => {
      const changes = pathChanges(before, after);
      const ends = { before, after, left: reachability(before), right: reachability(after) };
      // The pairs are of callers that are memoised with their worlds.
      const targets = [...ends.left.targets, ...ends.right.targets].map(({ target }) => target);
      for (const target of new Map(targets.map((each) => [targetKey(each), each])).values())
        checkTarget(ends, changes, target);
      told += changes.length;
    }),
    { numRuns: runs },
  );
  expect(told).toBeGreaterThan(runs / 4);
});

test("rows are the cells of the matrix, once each, however many callers share one", () => {
  let rests = 0;
  fc.assert(
    fc.property(states, ([world]) => {
      const reach = reachability(world);
      const place = new Map(reach.callers.map((caller, index) => [caller, index]));
      const cells = reach.targets.flatMap(({ target, groups }) =>
        groups.flatMap(({ callers, answers }) =>
          callers.flatMap((caller) =>
            answers.map(({ requests, answer }) => JSON.stringify([place.get(caller), target, requests, answer])),
          ),
        ),
      );
      const rows = pathRows(reach);
      const expanded = rows.flatMap(({ callers, targets, requests, answer }) =>
        callers.flatMap((caller) =>
          targets.map((target) => JSON.stringify([place.get(caller), target, requests, answer])),
        ),
      );
      expect(expanded.sort()).toEqual(cells.sort());
      rests += rows.filter(({ isRest }) => isRest).length;
    }),
    { numRuns: runs },
  );
  expect(rests).toBeGreaterThan(0);
});
