import { randomMesh, surroundedMesh } from "@isthmus/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../compile/index.ts";
import type { KubeObject, Service } from "../kinds/index.ts";
import type { DeclaredPath, Intents, Observed } from "../model/index.ts";
import { afterPlan, plan } from "../plan/index.ts";
import type { Problem } from "../problem.ts";
import { tracePaths, traceWorld } from "../trace/index.ts";
import { lint } from "./lint.ts";
import type { LintCode } from "./lintRule.ts";

/** `npm run laws` draws 5,000 meshes. */
const numRuns = Math.ceil(Number(process.env.LAW_RUNS ?? 40) / 2);
/** Findings of a mesh that are tried. */
const most = 6;

/** What a finding says to be of no use: the object, or the element of a list in it. */
const ofNoUse: Readonly<Partial<Record<LintCode, "object" | "element">>> = {
  LINT_SELECTS_NOTHING: "object",
  LINT_SIDECAR_UNUSED: "object",
  LINT_HOST_UNKNOWN: "object",
  LINT_DESTINATION_RULE_SHADOWED: "object",
  LINT_GATEWAY_UNUSED: "object",
  LINT_GATEWAY_UNKNOWN: "element",
  LINT_SUBSET_UNUSED: "element",
  LINT_ROUTE_SHADOWED: "element",
};

/** Objects that are good for nothing in some mesh or another, and look as if they decided. */
function decoys(namespace: string, host: string): readonly KubeObject[] {
  const at = (name: string) => ({ name: `decoy-${name}`, namespace, creationTimestamp: "2030-01-01T00:00:00Z" });
  const nobody = { app: "nobody" };
  return [
    {
      ...{ apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata: at("deny") },
      spec: { action: "DENY", selector: { matchLabels: nobody }, rules: [{}] },
    },
    {
      ...{ apiVersion: "networking.istio.io/v1", kind: "Sidecar", metadata: at("sidecar") },
      spec: { workloadSelector: { labels: nobody }, egress: [{ hosts: ["./nobody.example"] }] },
    },
    {
      ...{ apiVersion: "networking.istio.io/v1", kind: "DestinationRule", metadata: at("unknown") },
      spec: { host: "nobody.example", trafficPolicy: { tls: { mode: "SIMPLE" } } },
    },
    {
      ...{ apiVersion: "networking.istio.io/v1", kind: "DestinationRule", metadata: at("rule") },
      spec: { host, subsets: [{ name: "unused", labels: nobody }] },
    },
    {
      ...{ apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: at("gateway") },
      spec: { selector: nobody, servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }] },
    },
    {
      ...{ apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: at("bound") },
      spec: { hosts: [host], gateways: ["nowhere"], http: [{ directResponse: { status: 200 } }] },
    },
  ];
}

/** A machine behind each Service that selects, with a policy and a Sidecar of its own. */
function machines(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.filter(isSelecting).flatMap(({ metadata: { name, namespace = "default" }, spec }, index) => {
    const at = { name: `decoy-machine-${name}`, namespace, creationTimestamp: "2030-01-01T00:00:00Z" };
    const own = { machine: name };
    return [
      {
        ...{ apiVersion: "networking.istio.io/v1", kind: "WorkloadEntry", metadata: at },
        spec: { address: `10.250.0.${index}`, labels: { ...spec.selector, ...own }, serviceAccount: "machine" },
      },
      {
        ...{ apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata: at },
        spec: { action: "DENY", selector: { matchLabels: own }, rules: [{}] },
      },
      {
        ...{ apiVersion: "networking.istio.io/v1", kind: "Sidecar", metadata: at },
        spec: { workloadSelector: { labels: own }, egress: [{ hosts: ["./nobody.example"] }] },
      },
    ];
  });
}

function isSelecting(object: KubeObject): object is Service {
  return object.kind === "Service" && Object.keys((object as Service).spec.selector ?? {}).length > 0;
}

function withDecoys({ clusters, unreachable }: Observed, paths: readonly DeclaredPath[]): Observed {
  const host = paths[0]?.host ?? "nobody.example";
  const changed = [...clusters].map(([name, cluster]) => {
    const namespace = cluster.objects.find(({ kind }) => kind === "Namespace")?.metadata.name;
    const more = namespace === undefined ? [] : decoys(namespace, host);
    return [name, { ...cluster, objects: [...cluster.objects, ...more, ...machines(cluster.objects)] }] as const;
  });
  return { clusters: new Map(changed), unreachable };
}

function without({ clusters, unreachable }: Observed, { place, code }: Problem): Observed {
  const changed = [...clusters].map(([name, cluster]) => {
    if (name !== place.cluster) return [name, cluster] as const;
    const objects = cluster.objects.flatMap((object): readonly KubeObject[] => {
      const { metadata, kind } = object;
      if (kind !== place.kind || metadata.name !== place.name || metadata.namespace !== place.namespace)
        return [object];
      return ofNoUse[code as LintCode] === "object" ? [] : [withoutElement(object, place.field ?? "")];
    });
    return [name, { ...cluster, objects }] as const;
  });
  return { clusters: new Map(changed), unreachable };
}

/** Without `spec.http[1]`. */
function withoutElement(object: KubeObject, field: string): KubeObject {
  const [, list = "", index = ""] = /^spec\.(\w+)\[(\d+)\]$/.exec(field) ?? [];
  const spec = object.spec as Readonly<Record<string, readonly unknown[]>>;
  const left = (spec[list] ?? []).filter((_, at) => at !== Number(index));
  // Without any gateway it would be for the mesh, so that the whole goes.
  const kept = left.length === 0 && list === "gateways" ? ["none/none"] : left;
  return { ...object, spec: { ...spec, [list]: kept } };
}

function outcomes(intents: Intents, paths: readonly DeclaredPath[], observed: Observed): string {
  return JSON.stringify(
    tracePaths({ intents, paths, observed }).map(({ trace: { verdict, branches } }) => ({
      verdict,
      branches: branches.map(({ probability, outcome }) => ({ probability, outcome })),
    })),
  );
}

test("what lint says to be of no use changes no trace when it goes", () => {
  const tried = new Map<string, number>();
  fc.assert(
    fc.property(fc.oneof(randomMesh, surroundedMesh), ({ intents, observed }) => {
      const compiled = compile(intents, observed);
      const planned = plan(compiled, observed, { prune: true, adopt: false }).plan;
      const after = withDecoys(afterPlan(observed, planned), compiled.paths);
      const before = outcomes(intents, compiled.paths, after);
      const { findings } = lint(traceWorld(after, intents).clusters);
      const useless = findings.filter(({ code }) => ofNoUse[code as LintCode] !== undefined);
      // Of each code first.
      const ordered = [...new Map(useless.map((each) => [each.code, each])).values(), ...useless];
      for (const each of [...new Set(ordered)].slice(0, most)) {
        expect(outcomes(intents, compiled.paths, without(after, each)), `${each.code} ${each.at}`).toBe(before);
        tried.set(each.code, (tried.get(each.code) ?? 0) + 1);
      }
    }),
    { numRuns },
  );
  // A law about nothing would always hold.
  expect([...tried.keys()].sort()).toEqual(expect.arrayContaining(["LINT_HOST_UNKNOWN", "LINT_SELECTS_NOTHING"]));
}, 3_600_000);
