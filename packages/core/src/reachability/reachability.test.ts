import { observedOf, podYaml } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { trace, traceWorld } from "../trace/index.ts";
import { answerKey, answerOf } from "./answer.ts";
import { requestOf } from "./answersOf.ts";
import { isOutside } from "./callers.ts";
import { pathRows } from "./pathRows.ts";
import { reachability } from "./reachability.ts";

const namespaces = ["foo", "bar"]
  .map(
    (name) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {istio-injection: enabled}}}\n---\n`,
  )
  .join("");

const httpbin = `${podYaml("bar/httpbin", "10.0.0.1")}
apiVersion: v1
kind: Service
metadata: {name: httpbin, namespace: bar}
spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000, targetPort: 80}]}
---
`;

const admin = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: admin, namespace: bar}
spec:
  rules:
    - from: [{source: {namespaces: [foo]}}]
      to: [{operation: {methods: [GET]}}, {operation: {methods: [POST], paths: [/admin*]}}]
---
`;

const worldOf = (yaml: string) => traceWorld(observedOf({ c1: { yaml: `${namespaces}${yaml}` } }));

const wordsOf = (yaml: string) =>
  reachability(worldOf(yaml)).targets.flatMap(({ target, groups }) =>
    groups.map(({ callers, answers, untold }) => ({
      target: `${target.scheme}://${target.host}:${target.port}`,
      callers: callers.map(({ workload }) => workload),
      answers: answers.map(({ requests, answer }) => [requests, answer.outcome]),
      untold,
    })),
  );

test("requests are told apart by what policies ask, for callers that they let in", () => {
  expect(wordsOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${admin}`)).toEqual([
    {
      target: "http://httpbin.bar.svc.cluster.local:8000",
      callers: ["sleep"],
      answers: [
        ["GET; POST /admin*", "answered"],
        ["POST any path but /admin*; any method but GET, POST", "403"],
      ],
      untold: [],
    },
    {
      target: "http://httpbin.bar.svc.cluster.local:8000",
      callers: ["httpbin"],
      answers: [["any request", "403"]],
      untold: [],
    },
  ]);
});

test("routes tell paths and headers apart by a value of each kind that they match", () => {
  const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: httpbin, namespace: bar}
spec:
  hosts: [httpbin.bar.svc.cluster.local]
  http:
    - match: [{uri: {regex: "/v[0-9]+/items/[^/]+"}}]
      directResponse: {status: 410}
    - match: [{uri: {prefix: /api}, headers: {x-user: {exact: a}}}]
      directResponse: {status: 418}
    - route: [{destination: {host: httpbin.bar.svc.cluster.local}}]
---
`;
  const [group] = wordsOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${routes}`);

  expect(group?.untold).toEqual([]);
  expect(group?.answers).toEqual([
    [expect.any(String), "answered"],
    ["~/v[0-9]+/items/[^/]+", "answered 410"],
    ["/api* x-user: a", "answered 418"],
  ]);
});

const jwt = `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt, namespace: bar}
spec: {jwtRules: [{issuer: iss, jwksUri: "https://iss/keys"}]}
---
`;
const allowing = (rule: string) => `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: one, namespace: bar}
spec: {rules: [{${rule}}]}
---
`;
const asking = (key: string, value: string) => `{key: "${key}", values: ["${value}"]}`;

test.each([
  ["with a token of iss/bob", `${jwt}${allowing(`when: [${asking("request.auth.principal", "iss/bob")}]`)}`],
  ["with a token of iss/adm*", `${jwt}${allowing('from: [{source: {requestPrincipals: ["iss/adm*"]}}]')}`],
  [
    "with a token of iss whose group is admin and team is pay",
    `${jwt}${allowing(`when: [${asking("request.auth.claims[group]", "admin")}, ${asking("request.auth.claims[team]", "pay")}]`)}`,
  ],
  [
    "with a token of iss whose group is (a* and *z)",
    `${jwt}${allowing(`when: [${asking("request.auth.claims[group]", "a*")}, ${asking("request.auth.claims[group]", "*z")}]`)}`,
  ],
  [
    "with a token of iss whose realm[roles] is admin",
    `${jwt}${allowing(`when: [${asking("request.auth.claims[realm][roles]", "admin")}]`)}`,
  ],
  ["with a token of iss whose azp is cli", `${jwt}${allowing(`when: [${asking("request.auth.presenter", "cli")}]`)}`],
  [
    "with a token of iss",
    `${jwt.replace("jwksUri:", "fromHeaders: [{name: x-token}], jwksUri:")}${allowing('from: [{source: {requestPrincipals: ["*"]}}]')}`,
  ],
  [
    "x-a: (a* and *z)",
    allowing(`when: [${asking("request.headers[x-a]", "a*")}, ${asking("request.headers[x-a]", "*z")}]`),
  ],
  [
    "(/shop* and */admin)",
    allowing("to: [{operation: {notPaths: [/shop*]}}]}, {to: [{operation: {notPaths: ['*/admin']}}]").replace(
      "spec: {",
      "spec: {action: DENY, ",
    ),
  ],
  ["host: httpbin.bar:*", allowing('to: [{operation: {hosts: ["httpbin.bar:*"]}}]')],
])("requests are told apart by %s", (requests, yaml) => {
  const groups = wordsOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${yaml}`);
  const answered = groups.flatMap(({ answers }) => answers.filter(([, outcome]) => outcome === "answered"));

  expect(answered.map(([words]) => words)).toContain(requests);
  expect(groups.flatMap(({ untold }) => untold)).toEqual([]);
});

test("what no value was found for is said", () => {
  const routes = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: httpbin, namespace: bar}
spec:
  hosts: [httpbin.bar.svc.cluster.local]
  http:
    - match: [{uri: {regex: "/(?=never)x"}}]
      directResponse: {status: 410}
    - route: [{destination: {host: httpbin.bar.svc.cluster.local}}]
`;
  const [group] = wordsOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${routes}`);

  expect(group?.untold).toEqual([expect.stringContaining("(?=never)")]);
});

test("any other request of a class is answered as its example", () => {
  const world = worldOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${admin}`);
  const { targets, callers } = reachability(world);
  const sleep = callers.find(({ workload }) => workload === "sleep");
  const [{ target, groups } = expect.fail("no target")] = targets;
  const { answers } = groups.find((group) => sleep !== undefined && group.callers.includes(sleep)) ?? expect.fail();
  const answered = answers.find(({ answer }) => answer.verdict === "reaches") ?? expect.fail("nothing is answered");

  for (const [method, path] of [
    ["GET", "/anything"],
    ["POST", "/administrator/x?y=1"],
  ] as const) {
    const request = requestOf(sleep ?? expect.fail(), target, { method, path, headers: {} });
    expect(answerKey(answerOf(world, trace(world, request)))).toBe(answerKey(answered.answer));
  }
});

test("rows name what is alike once, and filters choose among them", () => {
  const pods = ["a", "b", "c", "d"].map((name, index) => podYaml(`foo/${name}`, `10.0.1.${index}`)).join("");
  const only = admin.replace("namespaces: [foo]", 'principals: ["cluster.local/ns/foo/sa/a"]');
  const reach = reachability(worldOf(`${pods}${httpbin}${only}`));

  expect(pathRows(reach).some(({ isRest, callers }) => isRest && callers.length === 4)).toBe(true);
  expect(pathRows(reach, { refused: true })[0]?.callers.length).toBe(4);
  expect(pathRows(reach, { withoutMutualTls: true })).toEqual([]);
  expect(pathRows(reach, { unknown: true })).toEqual([]);
});

/** Five pods of foo call two ports of httpbin; a is denied the one, e the other. */
function deniedByPort() {
  const names = ["a", "b", "c", "d", "e"];
  const pods = names.map((name, index) => podYaml(`foo/${name}`, `10.0.1.${index}`)).join("");
  const ports = "{name: http, port: 8000, targetPort: 80}, {name: http-b, port: 9000, targetPort: 90}";
  const denied = (name: string, port: number) =>
    `{from: [{source: {principals: [cluster.local/ns/foo/sa/${name}]}}], to: [{operation: {ports: ["${port}"]}}]}`;
  return reachability(
    worldOf(`${pods}${podYaml("bar/httpbin", "10.0.0.1")}
{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [${ports}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: bar}
spec: {action: DENY, rules: [${denied("a", 80)}, ${denied("e", 90)}]}
---
`),
    { isCaller: (caller) => !isOutside(caller) },
  );
}

test("the remaining callers of one host are not those of another", () => {
  const answered = pathRows(deniedByPort()).filter(({ answer }) => answer.verdict === "reaches");

  expect(answered.map(({ targets, callers }) => [targets.map(({ port }) => port), callers.length])).toEqual([
    [[8000], 5],
    [[9000], 5],
  ]);
  for (const { isRest, targets, callers } of answered) {
    expect(isRest).toBe(true);
    const left = targets[0]?.port === 8000 ? "a" : "e";
    expect(callers.map(({ workload }) => workload).sort()).toEqual(
      ["a", "b", "c", "d", "e", "httpbin"].filter((name) => name !== left),
    );
  }
});

test("a table that does not name the remaining callers has one row for hosts that have as many", () => {
  const [first] = pathRows(deniedByPort(), {}, { isBrief: true });

  expect(first).toMatchObject({ isRest: true, targets: [{ port: 8000 }, { port: 9000 }] });
});

test("a row among filtered ones names its callers: which others there are nothing else tells", () => {
  const rows = pathRows(deniedByPort(), { refused: true }, { isBrief: true });

  expect(rows.map(({ isRest }) => isRest)).toEqual([false, false]);
});

const gateway = (host: string, server: string, routes: string) => `apiVersion: v1
kind: Pod
metadata: {name: gw, namespace: istio-system, labels: {istio: ingressgateway}}
spec: {serviceAccountName: gw, containers: [{name: istio-proxy}]}
status: {phase: Running, podIP: 10.0.0.9, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: gw, namespace: istio-system}
spec: {type: LoadBalancer, clusterIP: 10.96.0.9, selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.9}]}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  servers: [{hosts: ["${host}"], ${server}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: istio-system}
spec: {hosts: ["${host}"], gateways: [web], http: [${routes}{route: [{destination: {host: httpbin.bar.svc.cluster.local, port: {number: 8000}}}]}]}
---
`;

test("a client outside is asked about with and without a certificate where the gateway asks for one", () => {
  const server = "port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: MUTUAL, credentialName: web}";
  const yaml = `${httpbin}${gateway("web.example.com", server, "")}`;
  const { targets } = reachability(worldOf(yaml), { isCaller: isOutside });
  const web = targets.find(({ target }) => target.host === "web.example.com");

  expect(web?.groups[0]?.answers.map(({ requests, answer }) => [requests, answer.verdict])).toEqual([
    ["without a certificate", "broken"],
    ["with a certificate", "reaches"],
  ]);
});

test("at a gateway requests are told apart by the claims that it routes by, and by the names that a wildcard covers", () => {
  const server = "port: {number: 80, name: http, protocol: HTTP}";
  const route = '{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}], directResponse: {status: 418}}, ';
  const policies = [jwt, allowing('to: [{operation: {notHosts: ["admin.example.com"]}}]')];
  const yaml = `${httpbin}${gateway("*.example.com", server, route)}${policies.join("").replaceAll("namespace: bar", "namespace: istio-system")}`;
  const { targets } = reachability(worldOf(yaml), { isCaller: isOutside });
  const answers = targets.flatMap(({ groups }) => groups.flatMap((group) => group.answers));

  expect(answers.map(({ requests, answer }) => `${answer.outcome}: ${requests}`).sort()).toEqual([
    "401: with a token of another issuer",
    "403: host: admin.example.com not with a token of another issuer",
    "answered 418: host not admin.example.com with a token of iss whose group is admin",
    "answered: host not admin.example.com without a token or with a token of iss",
  ]);
});

test.each([
  [
    "x-user",
    `${jwt.replace("jwksUri:", "outputClaimToHeaders: [{header: x-user, claim: sub}], jwksUri:")}${allowing(`when: [${asking("request.headers[x-user]", "bob")}]`)}`,
  ],
  ["x-forwarded-for", allowing("from: [{source: {remoteIpBlocks: [10.0.0.0/8]}}]")],
])("what is asked of %s, which a proxy writes or reads otherwise, is said not to be told", (name, yaml) => {
  const [group] = wordsOf(`${podYaml("foo/sleep", "10.0.0.2")}${httpbin}${yaml}`);

  expect(group?.untold).toEqual([expect.stringContaining(`header ${name}: `)]);
});
