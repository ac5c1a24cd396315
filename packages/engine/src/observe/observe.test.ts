import { MeshError, makeProblem, say } from "@isthmus/core";
import { MemoryTarget, namespace } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { DirectoryError } from "../target/directory/directoryError.ts";
import type { Observation, Target } from "../target/target.ts";
import { observe } from "./observe.ts";

function target(cluster: string, read: Target["observe"]): readonly [string, Target] {
  return [cluster, { cluster, source: "live", observe: read, write: async () => {}, close: async () => {} }];
}

const problem = (code: "CLUSTER_UNREACHABLE" | "DIRECTORY_INVALID", at: string) =>
  makeProblem({
    code,
    at: { cluster: at },
    message: say`${at}`,
    hint: "",
  });

const never: Target["observe"] = () => new Promise<Observation>(() => {});

test("clusters that cannot be read are told with the reason, the others are read", async () => {
  const good = new MemoryTarget("good", [namespace("foo")]);
  const first = problem("DIRECTORY_INVALID", "a.yaml:1:1");
  const second = problem("DIRECTORY_INVALID", "b.yaml:1:1");

  const { observed, problems } = await observe(
    new Map<string, Target>([
      target("gone", () => Promise.reject(new MeshError(problem("CLUSTER_UNREACHABLE", "gone")))),
      ["good", good],
      target("directory", () => Promise.reject(new DirectoryError(first, [second]))),
      target("odd", () => Promise.reject(new SyntaxError("Unexpected token <"))),
    ]),
  );

  expect([...observed.clusters.keys()]).toEqual(["good"]);
  expect([...observed.unreachable]).toMatchObject([
    ["directory", first],
    ["gone", problem("CLUSTER_UNREACHABLE", "gone")],
    [
      "odd",
      { code: "CLUSTER_UNREACHABLE", at: "odd", message: "cluster odd cannot be read: Unexpected token <", hint: "" },
    ],
  ]);
  expect(problems).toEqual([first, second, ...[...observed.unreachable.values()].slice(1)]);
});

test("a cluster that does not answer in time keeps nobody waiting", async () => {
  const targets = new Map([target("slow", never), ["good", new MemoryTarget("good")] as const]);

  const { observed } = await observe(targets, { timeout: 20 });

  expect([...observed.clusters.keys()]).toEqual(["good"]);
  expect([...observed.unreachable.values()]).toMatchObject([
    { code: "CLUSTER_UNREACHABLE", message: "cluster slow could not be read within 0.02 s" },
  ]);
});

test("a caller that stops ends the reading of all clusters with its reason", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 20);

  const reading = observe(new Map([target("slow", never)]), { signal: stop.signal });

  await expect(reading).rejects.toThrow("stopped");
});

test("a caller whose time is over keeps what came till then", async () => {
  const targets = new Map([target("slow", never), ["good", new MemoryTarget("good")] as const]);

  const { observed } = await observe(targets, { signal: AbortSignal.timeout(20) });

  expect([...observed.clusters.keys()]).toEqual(["good"]);
  expect([...observed.unreachable.values()]).toMatchObject([
    { code: "CLUSTER_UNREACHABLE", message: "cluster slow could not be read within the time that --timeout gives" },
  ]);
});

test("who waits is told every second for which clusters", async () => {
  const told: (readonly string[])[] = [];
  const targets = new Map([target("b", never), target("a", never), ["good", new MemoryTarget("good")] as const]);

  await observe(targets, { timeout: 1500, onWaiting: (clusters) => void told.push(clusters) });

  expect(told).toEqual([["a", "b"]]);
});
