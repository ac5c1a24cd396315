import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reachability, requestOf } from "@isthmus/core/reachability";
import { type TraceRequest, type TraceWorld, trace, traceWorld } from "@isthmus/core/trace";
import { observe, type Target } from "@isthmus/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewayPorts, type Lab, startLab, waitFor } from "../src/index.ts";
import { samplesFolder } from "./generatedIstio.ts";
import { isthmus } from "./isthmus.ts";
import { namespace } from "./manifests.ts";
import { openLabTargets } from "./openLabTargets.ts";
import { agreementOf, callsFor, hasSeveralEnds } from "./trace/agreement.ts";
import { type Outside, startOutside } from "./trace/outside.ts";
import type { Call } from "./trace/scenario.ts";
import { sightingOf } from "./trace/sighting.ts";
import { type WireAnswer, wireCalls } from "./trace/wireCall.ts";

/** Istio's own samples, from the Istio that the lab runs: who reaches what in them is what calls find, and what a reader expects of them holds. */

let home: string;
let lab: Lab;
let outside: Outside;
let targets: ReadonlyMap<string, Target>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-samples-"));
  lab = await startLab({ home, clusters: 1 });
  outside = await startOutside(lab, home);
  targets = await openLabTargets(lab);
});

afterAll(async () => {
  for (const target of targets?.values() ?? []) await target.close();
  await outside?.[Symbol.asyncDispose]();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

interface Sample {
  readonly name: string;
  readonly files: readonly string[];
  /** A path that its gateway, or its Service, answers once all is up. */
  readonly ready: string;
  /** Five PathTests, as a reader of the sample would write them: name, from, to and expect. */
  readonly tests: readonly string[];
}

const samples: readonly Sample[] = [
  {
    name: "bookinfo",
    files: ["bookinfo/platform/kube/bookinfo.yaml", "bookinfo/networking/bookinfo-gateway.yaml"],
    ready: "http://productpage.bookinfo:9080/productpage",
    tests: [
      `{name: details, from: {workload: productpage, namespace: bookinfo}, to: {url: "http://details:9080/details/0"}, expect: {reaches: {workload: details}, mutualTLS: true, identity: spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage}}`,
      `{name: reviews, from: {workload: productpage, namespace: bookinfo}, to: {url: "http://reviews:9080/reviews/0"}, expect: {reaches: {split: [{version: v1, percent: 33}, {version: v2, percent: 33}, {version: v3, percent: 34}], tolerance: 1}}}`,
      `{name: all, from: {every: {namespace: bookinfo}}, to: {url: "http://productpage.bookinfo:9080/productpage"}, expect: {reaches: {workload: productpage}}}`,
      `{name: outside, from: {outside: {cluster: cluster1}}, to: {url: "http://books.example.com/productpage"}, expect: {reaches: {workload: productpage}}}`,
      `{name: no-other-page, from: {outside: {cluster: cluster1}}, to: {url: "http://books.example.com/admin"}, expect: {refused: {by: route, status: 404}}}`,
    ],
  },
  {
    name: "bookinfo-by-version",
    files: [
      "bookinfo/platform/kube/bookinfo.yaml",
      "bookinfo/networking/destination-rule-all-mtls.yaml",
      "bookinfo/networking/virtual-service-all-v1.yaml",
      "bookinfo/networking/virtual-service-reviews-test-v2.yaml",
    ],
    ready: "http://productpage.bookinfo-by-version:9080/productpage",
    tests: [
      `{name: first-version, from: {workload: productpage, namespace: bookinfo-by-version}, to: {url: "http://reviews:9080/reviews/0"}, expect: {reaches: {workload: reviews, version: v1}}}`,
      `{name: jason, from: {workload: productpage, namespace: bookinfo-by-version}, to: {url: "http://reviews:9080/reviews/0", headers: {end-user: jason}}, expect: {reaches: {workload: reviews, version: v2}}}`,
      `{name: ratings, from: {every: {namespace: bookinfo-by-version}}, to: {url: "http://ratings.bookinfo-by-version:9080/ratings/0"}, expect: {reaches: {version: v1}, mutualTLS: true}}`,
      `{name: nobody-gets-the-third, from: {none: {namespace: bookinfo-by-version}}, to: {url: "http://reviews.bookinfo-by-version:9080/reviews/0"}, expect: {reaches: {version: v3}}}`,
      `{name: misspelt, from: {workload: productpage, namespace: bookinfo-by-version}, to: {url: "http://review:9080/"}, expect: {refused: {by: host}}}`,
    ],
  },
  {
    name: "helloworld",
    files: ["helloworld/helloworld.yaml", "helloworld/helloworld-gateway.yaml", "curl/curl.yaml"],
    ready: "http://helloworld.helloworld:5000/hello",
    tests: [
      `{name: both-versions, from: {workload: curl, namespace: helloworld}, to: {url: "http://helloworld:5000/hello"}, expect: {reaches: {split: [{version: v1, percent: 50}, {version: v2, percent: 50}]}}}`,
      `{name: identity, from: {workload: curl, namespace: helloworld}, to: {url: "http://helloworld:5000/hello"}, expect: {identity: spiffe://cluster.local/ns/helloworld/sa/curl}}`,
      `{name: outside, from: {outside: {cluster: cluster1}}, to: {url: "http://hello.example.com/hello"}, expect: {reaches: {workload: helloworld}}}`,
      `{name: only-hello, from: {outside: {cluster: cluster1}}, to: {url: "http://hello.example.com/"}, expect: {refused: {by: route}}}`,
      `{name: no-such-service, from: {workload: curl, namespace: helloworld}, to: {url: "http://goodbye:5000/"}, expect: {refused: {by: host}}}`,
    ],
  },
  {
    name: "httpbin",
    files: ["httpbin/httpbin.yaml", "curl/curl.yaml"],
    ready: "http://httpbin.httpbin:8000/get",
    tests: [
      `{name: reaches, from: {workload: curl, namespace: httpbin}, to: {url: "http://httpbin:8000/get"}, expect: {reaches: {workload: httpbin, cluster: cluster1}}}`,
      `{name: mutual-tls, from: {workload: curl, namespace: httpbin}, to: {service: httpbin.httpbin}, expect: {mutualTLS: true}}`,
      `{name: any-method, from: {workload: curl, namespace: httpbin}, to: {url: "http://httpbin:8000/post", method: POST}, expect: {reaches: {}}}`,
      `{name: retries, from: {workload: curl, namespace: httpbin}, to: {url: "http://httpbin:8000/get"}, expect: {reaches: {}, retries: {atMost: 2}}}`,
      `{name: no-such-service, from: {workload: curl, namespace: httpbin}, to: {url: "http://httpbin2:8000/get"}, expect: {refused: {by: host}}}`,
    ],
  },
  {
    name: "tcp-echo",
    files: ["tcp-echo/tcp-echo-services.yaml", "tcp-echo/tcp-echo-20-v2.yaml", "curl/curl.yaml"],
    ready: "tcp://tcp-echo.tcp-echo:9000",
    tests: [
      `{name: first-port, from: {workload: curl, namespace: tcp-echo}, to: {url: "tcp://tcp-echo:9000"}, expect: {reaches: {namespace: tcp-echo}, mutualTLS: true}}`,
      `{name: second-port, from: {workload: curl, namespace: tcp-echo}, to: {url: "tcp://tcp-echo:9001"}, expect: {reaches: {namespace: tcp-echo}}}`,
      `{name: both-versions, from: {workload: curl, namespace: tcp-echo}, to: {url: "tcp://tcp-echo:9000"}, expect: {reaches: {split: [{version: v1, percent: 50}, {version: v2, percent: 50}]}}}`,
      `{name: all, from: {every: {namespace: tcp-echo}}, to: {url: "tcp://tcp-echo.tcp-echo:9000"}, expect: {reaches: {}}}`,
      `{name: no-such-service, from: {workload: curl, namespace: tcp-echo}, to: {url: "tcp://tcp-ekho:9000"}, expect: {refused: {by: host}}}`,
    ],
  },
];

function parseUrl(text: string): TraceRequest["url"] {
  const { protocol, hostname, port, pathname } = new URL(text);
  return { scheme: protocol === "tcp:" ? "tcp" : "http", host: hostname, port: Number(port), path: pathname || "/" };
}

const mostCells = 80;

/** What its workloads and clients outside may ask of its hosts, each class of requests by one example. */
function cellsOf(world: TraceWorld, sample: string): readonly TraceRequest[] {
  const { targets: reached } = reachability(world, {
    isCaller: (caller) => caller.namespace === undefined || caller.namespace === sample,
    // What is not a Service's name is one of its gateway's.
    isTarget: ({ host }) => host.endsWith(`.${sample}.svc.cluster.local`) || !host.includes(".svc."),
  });
  const cells = reached.flatMap(({ target, groups }) =>
    groups.flatMap(({ callers, answers }) =>
      callers.flatMap((caller) =>
        answers.flatMap(({ examples }) => examples.map((parts) => requestOf(caller, target, parts))),
      ),
    ),
  );
  const step = Math.ceil(cells.length / mostCells);
  return cells.filter((_, index) => index % step === 0);
}

async function call({ from, url, ...request }: TraceRequest, count: number): Promise<readonly WireAnswer[]> {
  const { scheme, host, port, path } = url;
  const { method, headers } = request;
  const pod = "workload" in from ? await lab.pod("cluster1", `${from.namespace}/${from.workload}`) : "outside";
  const asked: Call = {
    ...{ cluster: "cluster1", from: pod === "outside" ? pod : pod.name, method, headers },
    url: `${scheme}://${host}:${port}${path}`,
  };
  const place = {
    gatewayAddress: lab.cluster("cluster1").nodes[0]?.address ?? "",
    ports: { http: gatewayPorts.http, https: gatewayPorts.https, tls: gatewayPorts.tls },
  };
  return wireCalls(outside, pod, { call: asked, place, tag: `cell${++number}` }, count);
}

let number = 0;

test.for(samples)("$name: each cell of who reaches what is what a call finds", { timeout: 240_000 }, async (sample) => {
  await lab.apply("cluster1", [namespace(sample.name, { "istio-injection": "enabled" })]);
  const folder = await samplesFolder();
  for (const file of sample.files) {
    await lab.apply("cluster1", await readFile(join(folder, file), "utf8"), sample.name);
  }
  const { observed } = await waitFor("the sample's pods", () => observe(targets));
  const world = traceWorld(observed);
  const requests = cellsOf(world, sample.name);
  const caller = requests.find(({ from }) => "workload" in from);
  if (caller === undefined) throw new Error("nobody calls");
  await waitFor("the sample's proxies", async () => {
    const [answer] = await call({ ...caller, headers: {}, url: parseUrl(sample.ready) }, 1);
    return answer?.answered === true;
  });

  // Some containers, such as curl's, declare no port, and nothing listens there.
  const untrue = ["application"] as const;
  const wrong: string[] = [];
  let untold = 0;
  for (const request of requests) {
    const traced = trace(world, request);
    const count = hasSeveralEnds(traced, "pod") ? callsFor(traced, "pod") : 1;
    const answers = await call(request, count);
    const evidence = { isProxied: false, client: [], gateway: [], server: [] };
    const sightings = answers.map((answer) => sightingOf(answer, evidence));
    const { verdict, status, spread } = agreementOf({
      ...{ trace: traced, sightings },
      // Where apps say who they are, shares are compared as well.
      scenario: sightings.some(({ by }) => by !== undefined) ? { untrue, spread: "pod" } : { untrue },
    });
    if (verdict === "unknown" || verdict === "assumed") untold++;
    else if (verdict !== "agrees" || status === false || spread === false) {
      wrong.push(
        JSON.stringify({ verdict, status, spread, request, says: traced.verdict, seen: sightings.slice(0, 3) }),
      );
    }
  }
  const suite = join(home, `${sample.name}.yaml`);
  const head = `apiVersion: isthmus.io/v1alpha1\nkind: PathTestSuite\nmetadata: {name: ${sample.name}}\nspec:\n  tests:\n`;
  await writeFile(suite, `${head}${sample.tests.map((each) => `  - ${each}\n`).join("")}`);
  const run = await isthmus(home, lab.kubeconfig, "test", suite, "--context", "cluster1", "--wire");
  console.info(sample.name, requests.length, "cells", untold, "untold");

  expect(wrong).toEqual([]);
  expect(run.exitCode, run.stdout + run.stderr).toBe(0);
  expect(untold).toBeLessThanOrEqual(requests.length / 2);
  await lab.remove("cluster1", { apiVersion: "v1", kind: "Namespace", name: sample.name });
});
