import { type RandomMesh, randomMesh, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import { showPlace } from "../findings/index.ts";
import { checkIntents, type DeclaredPath, type Intents, selectsCluster } from "../model/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import type { Problem } from "../problem.ts";
import { trace } from "./trace.ts";
import { tracePaths } from "./tracePaths.ts";
import type { TraceRequest } from "./traceRequest.ts";
import type { Trace } from "./traceResult.ts";
import { traceWorld } from "./traceWorld.ts";

/** `npm run laws` draws 5,000 meshes. */
const runs = Number(process.env.LAW_RUNS ?? 100);
const options = { numRuns: runs };

/** The paths of a mesh, each as it would be once all is applied. */
function tracedAfterwards({ intents, observed }: RandomMesh) {
  const compiled = compile(intents, observed);
  const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
  const traced = tracePaths({ intents, paths: compiled.paths, observed: afterPlan(observed, planned) });
  return { compiled, traced };
}

/** Warnings that leave what is declared as it is. */
const harmless: ReadonlySet<string> = new Set(["PORT_LEFT_OUT", "ACCESS_LOCAL_CALLERS"]);

/** What is told of the declaration that a path is of, and may be in this path's way. */
function problemsOf(path: DeclaredPath, { clusters, sharedServices }: Intents, problems: readonly Problem[]) {
  const [kind = "", namespace = "", ...name] = path.owner.split(".");
  const declared = { kind, namespace, name: name.join(".") };
  return problems.filter(({ place, code, params }) => {
    if (harmless.has(code)) return false;
    if (showPlace(declared) !== showPlace({ ...place, field: "" })) return false;
    if (path.direction === "in") return true;
    const { cluster } = path.consumer;
    if (code === "HOST_NOT_IMPORTED") return params.host === path.host && params.cluster === cluster;
    if (code !== "ACCESS_ADMITS_NOBODY") return true;
    const index = Number(/consumers\[(\d+)\]/.exec(place.field ?? "")?.[1]);
    return sharedServices.some(({ spec }) => selectsCluster(spec.consumers[index]?.clusters ?? [], cluster, clusters));
  });
}

function show({ verdict, blamed, branches, request }: Trace): string {
  return JSON.stringify({ verdict, url: request.url, blamed, branches }, undefined, 1);
}

test("law 10: what compile declares without a problem, trace reaches", () => {
  const reached = { paths: 0 };
  fc.assert(
    fc.property(surroundedMesh, (mesh) => {
      const { compiled, traced } = tracedAfterwards(mesh);
      for (const { path, trace } of traced) {
        const problems = [...compiled.problems, ...checkIntents(mesh.intents)];
        if (compiled.held.has(path.owner) || problemsOf(path, mesh.intents, problems).length > 0) continue;
        expect(trace.verdict, show(trace)).toBe("reaches");
        reached.paths += 1;
      }
    }),
    options,
  );
  // A law about nothing would always hold.
  expect(reached.paths).toBeGreaterThan(runs);
});

test("law 10: the branches of a trace are never none, and their probabilities add up to 1", () => {
  fc.assert(
    fc.property(fc.oneof(randomMesh, surroundedMesh), (mesh) => {
      const { traced } = tracedAfterwards(mesh);
      for (const { trace } of traced) {
        expect(trace.branches.length).toBeGreaterThan(0);
        const sum = trace.branches.reduce((all, { probability }) => all + probability, 0);
        expect(sum, show(trace)).toBeCloseTo(1, 9);
      }
    }),
    options,
  );
});

test("a trace is the same whatever was asked before", () => {
  fc.assert(
    fc.property(fc.oneof(randomMesh, surroundedMesh), ({ intents, observed }) => {
      const compiled = compile(intents, observed);
      const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
      for (const at of [observed, afterPlan(observed, planned)]) {
        const shared = traceWorld(at, intents);
        for (const { trace: known } of tracePaths({ intents, paths: compiled.paths, observed: at })) {
          for (const request of variantsOf(known.request)) {
            trace(shared, request);
          }
        }
        for (const { trace: known } of tracePaths({ intents, paths: compiled.paths, observed: at }).slice(0, 12)) {
          for (const request of variantsOf(known.request)) {
            expect(JSON.stringify(trace(shared, request))).toBe(
              JSON.stringify(trace(traceWorld(at, intents), request)),
            );
          }
        }
      }
    }),
    { numRuns: Math.ceil(runs / 5) },
  );
});

/** Requests that come to the same servers, of which a policy or a route may think otherwise. */
function variantsOf(request: TraceRequest): readonly TraceRequest[] {
  return [
    request,
    { ...request, method: "POST" },
    { ...request, url: { ...request.url, path: "/admin" } },
    { ...request, headers: { ...request.headers, "x-user": "a" } },
  ];
}
