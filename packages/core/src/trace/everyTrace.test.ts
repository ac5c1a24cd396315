import { randomMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { KubeObject } from "../kinds/index.ts";
import type { Observed } from "../model/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import { trace } from "./trace.ts";
import { type TraceRequest, traceSchemes } from "./traceRequest.ts";
import { traceWorld } from "./traceWorld.ts";

/** What users write beside ours: also what istiod would refuse, and what leads nowhere. */
function strange(at: number): readonly KubeObject[] {
  const istio = (kind: string, name: string, spec: Readonly<Record<string, unknown>>) => ({
    apiVersion: "networking.istio.io/v1",
    kind,
    metadata: { name, namespace: at % 2 === 0 ? "red" : "blue" },
    spec,
  });
  const tcp = [{ name: "tcp", number: 8000, protocol: "TCP" }];
  const routes = (weights: readonly number[]) =>
    weights.map((weight, index) => ({
      destination: { host: index === 0 ? "web" : "api", port: { number: 80 } },
      weight,
    }));
  const all: readonly KubeObject[] = [
    istio("ServiceEntry", "all", { hosts: ["db.example.com"], resolution: "DNS", ports: tcp }),
    istio("ServiceEntry", "wild", { hosts: ["*.example.com"], resolution: "STATIC", ports: tcp }),
    istio("ServiceEntry", "short", {
      hosts: ["short.example.com"],
      resolution: "DNS",
      addresses: ["240.0.9.9"],
      ports: [{ name: "http", number: 80, protocol: "HTTP" }],
      endpoints: [{ address: "web" }, { address: "web.red.svc.cluster.local" }],
    }),
    istio("VirtualService", "nothing", { hosts: ["web"], http: [{ route: routes([0, 0]) }] }),
    istio("VirtualService", "parts", { hosts: ["api"], http: [{ route: routes([10, 90]), retries: { attempts: 1 } }] }),
    istio("VirtualService", "empty", { hosts: ["db"], http: [{}], tcp: [{ route: routes([0, 0]) }] }),
    istio("DestinationRule", "tls", { host: "web", trafficPolicy: { tls: { mode: "SIMPLE" } } }),
    istio("Sidecar", "narrow", { egress: [{ hosts: ["./*"] }] }),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "headless", namespace: "red" },
      spec: { clusterIP: "None", selector: { app: "nobody" }, ports: [{ port: 80 }] },
    } as KubeObject,
  ];
  return all.filter((_, index) => (at >> index) % 2 === 1);
}

const hosts = [
  ...["web", "web.red", "api.blue.svc.cluster.local", "headless.red", "web.red.c2", "api.blue.mesh", "api.blue.c9"],
  ...["db.example.com", "any.example.com", "short.example.com", "240.0.9.9", "240.240.0.1", "10.96.0.1", "localhost"],
  ...["2001:db8::1", "192.0.2.2", "x.corp", "*"],
];

const anyRequest: fc.Arbitrary<TraceRequest> = fc
  .record({
    from: fc.oneof(
      fc.constant({ outside: true } as const),
      fc.record({
        cluster: fc.constantFrom("c1", "c2", "c9"),
        namespace: fc.constantFrom("red", "blue", "nowhere"),
        workload: fc.constantFrom("*", "web", "nobody"),
      }),
    ),
    scheme: fc.constantFrom(...traceSchemes),
    host: fc.constantFrom(...hosts),
    port: fc.constantFrom(80, 443, 8000, 9000, 15443, 32001),
    header: fc.option(fc.constantFrom("web", "any.example.com"), { nil: undefined }),
  })
  .map(({ from, scheme, host, port, header }): TraceRequest => {
    const headers: Readonly<Record<string, string>> = header === undefined ? {} : { host: header };
    const sent = { method: "GET", url: { scheme, host, port, path: "/" }, headers };
    return "outside" in from ? { from, ...sent } : { from, ...sent };
  });

function withStrange({ clusters, unreachable }: Observed, at: number): Observed {
  const added = [...clusters].map(
    ([name, cluster]) => [name, { ...cluster, objects: [...cluster.objects, ...strange(at)] }] as const,
  );
  return { clusters: new Map(added), unreachable };
}

test("whatever is asked of whatever mesh, there are ways, and they add up to 1", () => {
  fc.assert(
    fc.property(
      randomMesh,
      fc.nat({ max: 511 }),
      fc.array(anyRequest, { minLength: 10, maxLength: 20 }),
      ({ intents, observed }, at, requests) => {
        const compiled = compile(intents, observed);
        const planned = afterPlan(observed, plan(compiled, observed, { prune: true, adopt: true }).plan);
        const world = traceWorld(withStrange(planned, at), intents);
        for (const request of requests) {
          const { branches, verdict } = trace(world, request);
          const total = branches.reduce((sum, { probability }) => sum + probability, 0);
          expect(branches.length, JSON.stringify(request)).toBeGreaterThan(0);
          expect(Math.abs(total - 1), JSON.stringify(request)).toBeLessThan(1e-9);
          expect(branches.every(({ probability }) => probability > 0 && probability <= 1 + 1e-9)).toBe(true);
          // A way that says nothing of itself is one that no rule was found for.
          expect(branches.every(({ hops, outcome }) => hops.length > 0 || outcome.kind === "unknown")).toBe(true);
          // What a template holds that is not text would show as this.
          const said = branches.flatMap(({ hops }) => hops.map(({ detail }) => detail)).join("\n");
          expect(said).not.toMatch(/\[object|undefined|NaN/);
          expect(verdict === "reaches" ? branches.some(({ outcome }) => outcome.kind === "answered") : true).toBe(true);
        }
      },
    ),
    { numRuns: 40 },
  );
});
