import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { say } from "../findings/index.ts";
import { makeProblem } from "../index.ts";
import { missingKind } from "../shape/index.ts";
import { traceWorld } from "../trace/index.ts";
import { parsePathTests, runPathTest } from "./index.ts";

const yaml = `
apiVersion: v1
kind: Namespace
metadata: {name: dev}
---
apiVersion: v1
kind: Namespace
metadata: {name: pay}
---
apiVersion: v1
kind: Node
metadata: {name: node1, labels: {topology.kubernetes.io/region: eu}}
---
apiVersion: v1
kind: Service
metadata: {name: payments, namespace: pay, labels: {tier: core}}
spec: {clusterIP: 10.1.0.1, selector: {app: payments}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: pay}
spec: {clusterIP: 10.1.0.2, selector: {app: reviews}, ports: [{name: http, port: 9080}, {name: tcp, port: 9081}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: pay}
spec:
  host: reviews
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: pay}
spec:
  hosts: [reviews]
  http:
  - match: [{headers: {abort: {exact: "yes"}}}]
    fault: {abort: {httpStatus: 418, percentage: {value: 100}}}
    route: [{destination: {host: reviews, subset: v1}}]
  - match: [{uri: {prefix: /fixed}}]
    directResponse: {status: 204}
  - match: [{uri: {prefix: /}}]
    timeout: 5s
    retries: {attempts: 1}
    route:
    - {destination: {host: reviews, subset: v1, port: {number: 9080}}, weight: 80}
    - {destination: {host: reviews, subset: v2, port: {number: 9080}}, weight: 20}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: payments, namespace: pay}
spec:
  selector: {matchLabels: {app: payments}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/dev/sa/web]}}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: example, namespace: pay}
spec:
  hosts: [example.com]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
---
${podYaml("dev/web", "10.0.0.1")}
${podYaml("dev/sleep", "10.0.0.2")}
${podYaml("dev/naked", "10.0.0.3", { sidecar: false })}
${podYaml("pay/payments", "10.0.0.4")}
${podYaml("pay/reviews-1", "10.0.0.5", { labels: { app: "reviews", version: "v1" } })}
${podYaml("pay/reviews-2", "10.0.0.6", { labels: { app: "reviews", version: "v2" } })}
`;

const observed = observedOf({ cluster1: { yaml } });
const world = traceWorld(observed);

function run(spec: string, where = world) {
  const text = `{apiVersion: isthmus.io/v1alpha1, kind: PathTest, metadata: {name: it}, spec: {${spec}}}`;
  const { tests, problems } = parsePathTests([{ name: "it.yaml", text }]);
  expect(problems.map(({ message }) => message)).toEqual([]);
  const [only] = tests;
  if (only === undefined) throw new Error("there is no test");
  return runPathTest(where, only);
}

const web = "from: {workload: web, namespace: dev}";
const sleep = "from: {workload: sleep, namespace: dev}";
const naked = "from: {workload: naked, namespace: dev}";
const payments = "to: {service: payments.pay}";
const reviews = "to: {service: reviews.pay, port: 9080}";
const v1 = "{version: v1, percent: 80}";
const example = 'to: {url: "http://example.com"}';

test.each([
  ["pass", `${web}, ${payments}, expect: {reaches: {}}`],
  ["pass", `${web}, ${payments}, expect: {reaches: {workload: payments, namespace: pay, cluster: cluster1}}`],
  ["fail", `${web}, ${payments}, expect: {reaches: {workload: reviews}}`],
  ["fail", `${web}, ${payments}, expect: {reaches: {cluster: cluster2}}`],
  ["fail", `${web}, ${reviews}, expect: {reaches: {version: v1}}`],
  ["fail", `${sleep}, ${payments}, expect: {reaches: {}}`],
  ["pass", `${web}, ${example}, expect: {reaches: {outside: true}}`],
  ["fail", `${web}, ${payments}, expect: {reaches: {outside: true}}`],
  ["fail", `${web}, ${example}, expect: {reaches: {workload: payments}}`],
  ["pass", `${web}, ${reviews}, expect: {reaches: {split: [${v1}, {version: v2, percent: 20}]}}`],
  [
    "pass",
    `${web}, ${reviews}, expect: {reaches: {split: [{version: v1, percent: 75}, {version: v2, percent: 25}], tolerance: 5}}`,
  ],
  [
    "fail",
    `${web}, ${reviews}, expect: {reaches: {split: [{version: v1, percent: 75}, {version: v2, percent: 25}], tolerance: 4}}`,
  ],
  ["fail", `${web}, ${reviews}, expect: {reaches: {split: [${v1}, {version: v3, percent: 20}]}}`],
  ["pass", `${sleep}, ${payments}, expect: {refused: {}}`],
  ["pass", `${sleep}, ${payments}, expect: {refused: {by: policy, status: 403}}`],
  ["fail", `${sleep}, ${payments}, expect: {refused: {by: policy, status: 401}}`],
  ["fail", `${sleep}, ${payments}, expect: {refused: {by: host}}`],
  ["fail", `${web}, ${payments}, expect: {refused: {}}`],
  ["pass", `${web}, to: {url: "http://paymens.pay"}, expect: {refused: {by: host}}`],
  ["untold", `${web}, to: {url: "http://paymens.pay"}, expect: {refused: {}}`],
  [
    "pass",
    `${web}, to: {service: reviews.pay, port: 9080, headers: {abort: "yes"}}, expect: {refused: {by: fault, status: 418}}`,
  ],
  ["pass", `${web}, ${payments}, expect: {identity: "spiffe://cluster.local/ns/dev/sa/web"}`],
  ["fail", `${web}, ${payments}, expect: {identity: "spiffe://cluster.local/ns/dev/sa/sleep"}`],
  ["pass", `${sleep}, ${payments}, expect: {refused: {}, identity: "spiffe://cluster.local/ns/dev/sa/sleep"}`],
  ["pass", `${naked}, ${payments}, expect: {refused: {}, identity: none}`],
  ["fail", `${web}, ${payments}, expect: {identity: none}`],
  ["pass", `${web}, ${payments}, expect: {mutualTLS: true}`],
  ["fail", `${web}, ${payments}, expect: {mutualTLS: false}`],
  ["fail", `${naked}, ${payments}, expect: {mutualTLS: true}`],
  ["pass", `${naked}, ${payments}, expect: {mutualTLS: false}`],
  ["fail", `${web}, ${example}, expect: {mutualTLS: true}`],
  ["untold", `${web}, to: {url: "http://paymens.pay"}, expect: {mutualTLS: true}`],
  ["pass", `${web}, ${payments}, expect: {staysInRegion: true}`],
  ["fail", `${web}, ${payments}, expect: {staysInRegion: false}`],
  ["fail", `${web}, ${example}, expect: {staysInRegion: true}`],
  ["pass", `${web}, ${reviews}, expect: {timeout: {atMost: 5s}}`],
  ["fail", `${web}, ${reviews}, expect: {timeout: {atMost: 4999ms}}`],
  ["fail", `${web}, ${payments}, expect: {timeout: {atMost: 1h}}`],
  ["pass", `${web}, ${reviews}, expect: {retries: {atMost: 1}}`],
  ["fail", `${web}, ${payments}, expect: {retries: {atMost: 1}}`],
  ["fail", `${web}, ${payments}, expect: {reaches: {}, retries: {atMost: 0}}`],
  // Quantifiers
  ["fail", `from: {every: {namespace: dev}}, ${payments}, expect: {reaches: {}}`],
  ["fail", `from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {}}`],
  ["pass", `from: {some: {namespace: dev}}, ${payments}, expect: {reaches: {}}`],
  ["pass", `from: {none: {namespace: dev, labels: {app: sleep}}}, ${payments}, expect: {reaches: {}}`],
  ["pass", `from: {every: {namespace: dev, serviceAccount: web}}, ${payments}, expect: {reaches: {}}`],
  ["fail", `from: {some: {namespace: pay}}, ${payments}, expect: {reaches: {}}`],
  ["pass", `${web}, to: {every: {namespace: pay, port: 8080}}, expect: {reaches: {}}`],
  ["pass", `${web}, to: {some: {labels: {tier: core}}}, expect: {reaches: {}}`],
  ["pass", `${sleep}, to: {none: {labels: {tier: core}}}, expect: {reaches: {}}`],
  ["fail", `${web}, to: {none: {namespace: pay}}, expect: {reaches: {}}`],
  // A part of the calls is enough to be against `none`.
  ["fail", `from: {none: {namespace: dev}}, ${reviews}, expect: {reaches: {version: v2}}`],
  ["fail", `from: {every: {namespace: dev}}, ${reviews}, expect: {reaches: {version: v2}}`],
  // Over nothing
  ["untold", `from: {every: {namespace: dev, labels: {app: nobody}}}, ${payments}, expect: {reaches: {}}`],
  ["untold", `from: {none: {namespace: devv}}, ${payments}, expect: {reaches: {}}`],
  ["untold", `from: {none: {namespace: dev}}, to: {url: "http://paymens.pay:8080"}, expect: {reaches: {}}`],
  ["untold", `${web}, to: {none: {namespace: nowhere}}, expect: {reaches: {}}`],
  ["untold", `${web}, to: {service: paymens.pay}, expect: {reaches: {}}`],
  ["untold", `${web}, to: {service: reviews.pay}, expect: {reaches: {}}`],
  ["untold", `${web}, to: {service: payments.pay, port: 8081}, expect: {refused: {}}`],
  ["untold", `from: {none: {namespace: dev}}, to: {service: payments.pay, port: 8081}, expect: {reaches: {}}`],
  ["untold", `${web}, to: {url: "http://payments.pay:8081"}, expect: {refused: {}}`],
  ["pass", `${web}, to: {url: "http://payments.pay:8081"}, expect: {refused: {by: unavailable}}`],
  ["untold", `from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {workload: paymens}}`],
  ["untold", `from: {none: {labels: {app: sleep}}}, ${payments}, expect: {reaches: {workload: paymens}}`],
  ["untold", `from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {cluster: cluster9}}`],
  ["untold", `from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {namespace: payy}}`],
  ["untold", `from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {workload: payments, version: v1}}`],
  ["untold", `from: {none: {serviceAccount: wep}}, ${payments}, expect: {reaches: {}}`],
  ["untold", `from: {none: {namespace: dev}}, ${payments}, expect: {identity: "spiffe://cluster.local/ns/dev/sa/wep"}`],
  ["pass", `from: {none: {namespace: pay}}, ${payments}, expect: {identity: "spiffe://cluster.local/ns/dev/sa/web"}`],
  [
    "untold",
    `${web}, ${reviews}, expect: {reaches: {split: [${v1}, {version: v2, percent: 20}, {version: v3, percent: 0}]}}`,
  ],
  ["untold", `from: {workload: wep, namespace: dev}, ${payments}, expect: {refused: {}}`],
  ["untold", `from: {workload: web, namespace: dev, cluster: cluster9}, ${payments}, expect: {refused: {}}`],
] as const)("%s: %s", (verdict, spec) => {
  const result = run(spec);

  expect(`${result.verdict}: ${result.why}`).toMatch(new RegExp(`^${verdict}: .`));
});

test("a name that no workload has is said, with the one that is meant", () => {
  const { why } = run(`from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {workload: paymens}}`);

  expect(why).toBe("nothing was tested: no workload is of workload paymens; did you mean payments?");
});

test("a gRPC client sends POST and its type of content, unless a test says otherwise", () => {
  const denied = `${yaml}
apiVersion: v1
kind: Service
metadata: {name: rpc, namespace: pay}
spec: {clusterIP: 10.1.0.3, selector: {app: reviews}, ports: [{name: grpc, port: 7000}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: rpc, namespace: pay}
spec: {action: DENY, rules: [{to: [{operation: {methods: [POST]}}], when: [{key: "request.headers[content-type]", values: [application/grpc*]}]}]}
`;
  const where = traceWorld(observedOf({ cluster1: { yaml: denied } }));

  expect(run(`${web}, to: {service: rpc.pay}, expect: {refused: {by: policy}}`, where).verdict).toBe("pass");
  expect(run(`${web}, to: {service: rpc.pay, method: PUT}, expect: {reaches: {}}`, where).verdict).toBe("pass");
});

test("the answer names the counterexample, its way, and the objects that decide", () => {
  const result = run(`from: {every: {namespace: dev}}, ${payments}, expect: {reaches: {}}`);

  expect(result).toMatchObject({
    verdict: "fail",
    counts: { met: 1, unmet: 2, untold: 0 },
    example: {
      caller: "sleep.dev@cluster1",
      url: "http://payments.pay.svc.cluster.local:8080/",
      objects: [{ cluster: "cluster1", kind: "AuthorizationPolicy", namespace: "pay", name: "payments" }],
    },
    others: ["naked.dev@cluster1 to http://payments.pay.svc.cluster.local:8080/"],
  });
  expect(result.example?.trace.branches[result.example.branch]?.outcome).toMatchObject({
    kind: "refused",
    status: 403,
  });
});

test("what is looked for in vain is told with what there is", () => {
  const why = (spec: string) => run(`${spec}, expect: {reaches: {}}`).why;

  expect(why(`from: {workload: wep, namespace: dev}, ${payments}`)).toContain("there are naked, sleep, web");
  expect(why(`from: {none: {namespace: devv}}, ${payments}`)).toContain("did you mean dev?");
  expect(why(`from: {workload: web, namespace: dev, cluster: cluster9}, ${payments}`)).toContain(
    "did you mean cluster1?",
  );
  expect(why(`${web}, to: {service: paymens.pay}`)).toContain("did you mean payments.pay.svc.cluster.local?");
  expect(why(`${web}, to: {service: reviews.pay}`)).toContain("has the ports 9080, 9081: say which");
});

test("a cluster that cannot be read may hold a caller: no green for every and none, and a failure is one all the same", () => {
  const problem = makeProblem({ code: "CLUSTER_UNREACHABLE", at: { cluster: "cluster2" }, message: say`no`, hint: "" });
  const partly = traceWorld({ ...observed, unreachable: new Map([["cluster2", problem]]) });
  const ofWeb = "{namespace: dev, labels: {app: web}}";
  const verdict = (spec: string) => run(`${spec}, ${payments}, expect: {reaches: {}}`, partly).verdict;

  expect(verdict(`from: {every: ${ofWeb}}`)).toBe("untold");
  expect(verdict(`from: {every: {namespace: dev, labels: {app: web}, cluster: cluster1}}`)).toBe("pass");
  expect(verdict(`from: {some: ${ofWeb}}`)).toBe("pass");
  expect(verdict(`from: {none: ${ofWeb}}`)).toBe("fail");
  expect(verdict("from: {none: {namespace: dev, labels: {app: sleep}}}")).toBe("untold");
});

test("what an object that no trace follows decides cannot be told", () => {
  const lua = `
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: pay}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND}
    patch: {operation: INSERT_BEFORE, value: {name: envoy.filters.http.lua}}
`;
  const filtered = traceWorld(observedOf({ cluster1: { yaml: yaml + lua } }));

  for (const expected of ["reaches: {}", "refused: {}", "mutualTLS: true, reaches: {}"]) {
    expect(run(`${web}, ${payments}, expect: {${expected}}`, filtered).verdict).toBe("untold");
  }
  expect(run(`from: {none: {namespace: dev}}, ${payments}, expect: {reaches: {}}`, filtered).verdict).toBe("untold");
});

test("a kind that a dump does not show may hold a caller or a host: no green for every and none", () => {
  const [cluster] = observed.clusters.values();
  if (cluster === undefined) throw new Error("there is no cluster");
  const ofKind = (kind: string, group = "") => {
    const missing = missingKind({ group, kind }, "the dump does not show it");
    return traceWorld({ ...observed, clusters: new Map([["cluster1", { ...cluster, unreadable: [missing] }]]) });
  };
  const everyWeb = "from: {every: {namespace: dev, labels: {app: web}}}";

  expect(run(`${everyWeb}, ${payments}, expect: {reaches: {}}`, ofKind("Pod")).verdict).toBe("untold");
  expect(run(`${web}, to: {every: {labels: {tier: core}}}, expect: {reaches: {}}`, ofKind("Service")).verdict).toBe(
    "untold",
  );
});
