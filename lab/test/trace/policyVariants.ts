import type { Recipe, Variant } from "./recipe.ts";
import { lean, leanTcp, local } from "./recipes.ts";

/** Another cluster's sidecar, the cluster's own, and a client without one. */
const callers = [
  "http://$id.$sv.cluster2:8000/env",
  "cluster2 $sv/sleep http://$id:8000/env",
  "cluster2 $sv/plain http://$id:8000/env",
];
export const policed: Recipe = { ...lean, name: "policies", reach: "slot", calls: callers };
export const policedTcp: Recipe = {
  ...leanTcp,
  name: "policies, TCP",
  reach: "slot",
  calls: ["tcp://$id.$sv.cluster2:9000", "cluster2 $sv/sleep tcp://$id:9000", "cluster2 $sv/plain tcp://$id:9000"],
};

const authorization = (title: string, spec: string, calls: readonly string[] = callers, where = "$sv"): Variant => ({
  title,
  edits: [],
  cluster2: `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: $id, namespace: ${where}}
spec: ${spec}
`,
  calls,
});
const peer = (title: string, spec: string, where = "$sv"): Variant => ({
  title,
  edits: [],
  cluster2: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: $id, namespace: ${where}}
spec: ${spec}
`,
});
const both = (title: string, ...variants: readonly Variant[]): Variant => ({
  title,
  edits: [],
  cluster2: variants
    .map(({ cluster2 = "" }, index) => cluster2.replace("name: $id,", `name: $id-${index},`))
    .join("---"),
  calls: variants[0]?.calls ?? callers,
});

const web = "selector: {matchLabels: {app: web}}";
const remote = "cluster.local/ns/$cl/sa/sleep";
const own = "cluster.local/ns/$sv/sa/sleep";

const allow = (rules: string) => `{${web}, rules: ${rules}}`;
const deny = (rules: string) => `{${web}, action: DENY, rules: ${rules}}`;

export const authorizations: readonly Variant[] = [
  authorization("no rules allow nothing", "{}"),
  authorization("an empty rule allows everything", "{rules: [{}]}"),
  authorization("an empty rule denies everything", "{action: DENY, rules: [{}]}"),
  authorization("a policy for other pods", "{selector: {matchLabels: {app: other}}}"),
  authorization("a policy of another namespace", "{}", callers, "default"),
  authorization("a remote principal may", allow(`[{from: [{source: {principals: ["${remote}"]}}]}]`)),
  authorization("the own principal may", allow(`[{from: [{source: {principals: ["${own}"]}}]}]`)),
  authorization("a principal by its end", allow('[{from: [{source: {principals: ["*/sa/sleep"]}}]}]')),
  authorization(
    "a principal by its beginning",
    allow('[{from: [{source: {principals: ["cluster.local/ns/$cl/*"]}}]}]'),
  ),
  authorization("any principal", allow('[{from: [{source: {principals: ["*"]}}]}]')),
  authorization(
    "another trust domain's principal",
    allow('[{from: [{source: {principals: ["other/ns/$cl/sa/sleep"]}}]}]'),
  ),
  authorization("not a principal", allow(`[{from: [{source: {notPrincipals: ["${remote}"]}}]}]`)),
  authorization("a remote principal may not", deny(`[{from: [{source: {principals: ["${remote}"]}}]}]`)),
  authorization("all but a principal may not", deny(`[{from: [{source: {notPrincipals: ["${remote}"]}}]}]`)),
  authorization("a namespace may", allow('[{from: [{source: {namespaces: ["$cl"]}}]}]')),
  authorization("namespaces by their beginning may", allow('[{from: [{source: {namespaces: ["c*"]}}]}]')),
  authorization("all but a namespace may", allow('[{from: [{source: {notNamespaces: ["$cl"]}}]}]')),
  authorization("a namespace may not", deny('[{from: [{source: {namespaces: ["$sv"]}}]}]')),
  authorization("a service account may", allow('[{from: [{source: {serviceAccounts: ["$cl/sleep"]}}]}]')),
  authorization(
    "a service account of the own namespace may",
    allow("[{from: [{source: {serviceAccounts: [sleep]}}]}]"),
  ),
  authorization("an address range may", allow('[{from: [{source: {ipBlocks: ["10.244.0.0/16"]}}]}]')),
  authorization("another address range may", allow('[{from: [{source: {ipBlocks: ["192.0.2.0/24"]}}]}]')),
  authorization("a path may", allow("[{to: [{operation: {paths: [/env]}}]}]"), [
    ...callers,
    "http://$id.$sv.cluster2:8000/get",
  ]),
  authorization("paths by their beginning may", allow('[{to: [{operation: {paths: ["/e*"]}}]}]'), [
    ...callers,
    "http://$id.$sv.cluster2:8000/get",
  ]),
  authorization("paths by their end may", allow('[{to: [{operation: {paths: ["*/x"]}}]}]'), [
    "http://$id.$sv.cluster2:8000/anything/x",
    "http://$id.$sv.cluster2:8000/anything/y",
  ]),
  authorization("paths by a template may", allow('[{to: [{operation: {paths: ["/anything/{*}/c"]}}]}]'), [
    "http://$id.$sv.cluster2:8000/anything/b/c",
    "http://$id.$sv.cluster2:8000/anything/b/d/c",
  ]),
  authorization("all but a path may", allow("[{to: [{operation: {notPaths: [/env]}}]}]"), [
    "http://$id.$sv.cluster2:8000/env",
    "http://$id.$sv.cluster2:8000/get",
  ]),
  authorization("a method may", allow("[{to: [{operation: {methods: [POST]}}]}]"), [
    "http://$id.$sv.cluster2:8000/anything",
    "$cl/sleep POST http://$id.$sv.cluster2:8000/anything",
  ]),
  authorization("a host may", allow('[{to: [{operation: {hosts: ["$id.$sv.cluster2:8000"]}}]}]')),
  authorization("a host without its port may", allow('[{to: [{operation: {hosts: ["$id.$sv.cluster2"]}}]}]')),
  authorization("hosts by their beginning may", allow('[{to: [{operation: {hosts: ["$id.*"]}}]}]')),
  authorization("a port may", allow('[{to: [{operation: {ports: ["8080"]}}]}]')),
  authorization("the Service's port may", allow('[{to: [{operation: {ports: ["8000"]}}]}]')),
  authorization("all but a port may", allow('[{to: [{operation: {notPorts: ["8080"]}}]}]')),
  authorization(
    "a principal and a path may",
    allow(`[{from: [{source: {principals: ["${remote}"]}}], to: [{operation: {paths: [/get]}}]}]`),
    [...callers, "http://$id.$sv.cluster2:8000/get"],
  ),
  authorization(
    "one of two rules may",
    allow(`[{to: [{operation: {paths: [/none]}}]}, {from: [{source: {principals: ["${own}"]}}]}]`),
  ),
  authorization("when a header is there", allow("[{when: [{key: 'request.headers[x-who]', values: [me]}]}]"), [
    "http://$id.$sv.cluster2:8000/env x-who=me",
    "http://$id.$sv.cluster2:8000/env x-who=you",
    "http://$id.$sv.cluster2:8000/env",
  ]),
  authorization("when a namespace calls", allow('[{when: [{key: source.namespace, values: ["$cl"]}]}]')),
  authorization("when another port is meant", allow('[{when: [{key: destination.port, values: ["9999"]}]}]')),
  authorization(
    "when the SNI is the service's",
    allow('[{when: [{key: connection.sni, values: ["outbound_.8000_._.$id.*"]}]}]'),
  ),
  authorization("when a principal does not call", deny(`[{when: [{key: source.principal, notValues: ["${own}"]}]}]`)),
  authorization("when a token says so", allow('[{from: [{source: {requestPrincipals: ["*"]}}]}]')),
  authorization(
    "a custom authorizer that nobody knows",
    `{${web}, action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {paths: [/env]}}]}]}`,
  ),
  authorization("an audit", `{${web}, action: AUDIT, rules: [{}]}`),
  both(
    "deny counts more than allow",
    authorization("", allow("[{}]")),
    authorization("", deny(`[{from: [{source: {principals: ["${remote}"]}}]}]`)),
  ),
  both(
    "any of two allows",
    authorization("", allow(`[{from: [{source: {principals: ["${own}"]}}]}]`)),
    authorization("", allow(`[{from: [{source: {principals: ["${remote}"]}}]}]`)),
  ),
  {
    ...authorization("a dry run", deny("[{}]")),
    edits: [{ on: "AuthorizationPolicy", path: "metadata.annotations.istio~io/dry-run", to: "true" }],
  },
  {
    ...authorization(
      "a policy for the whole mesh",
      "{action: DENY, rules: [{to: [{operation: {ports: ['8080']}}]}]}",
      callers,
      "istio-system",
    ),
    reach: "mesh",
  },
  {
    ...authorization(
      "a policy for some pods of the whole mesh",
      `{action: DENY, selector: {matchLabels: {version: v1}}, rules: [{from: [{source: {namespaces: ["$cl"]}}]}]}`,
      callers,
      "istio-system",
    ),
    reach: "mesh",
  },
];

const tcpCalls = policedTcp.calls;
export const tcpAuthorizations: readonly Variant[] = [
  authorization("a port may", allow('[{to: [{operation: {ports: ["9000"]}}]}]'), tcpCalls),
  authorization("a principal may", allow(`[{from: [{source: {principals: ["${remote}"]}}]}]`), tcpCalls),
  authorization("a path may, which TCP has not", allow("[{to: [{operation: {paths: [/env]}}]}]"), tcpCalls),
  authorization("a path may not, which TCP has not", deny("[{to: [{operation: {paths: [/env]}}]}]"), tcpCalls),
  authorization(
    "a path of another port may not",
    deny('[{to: [{operation: {paths: [/env], ports: ["9001"]}}]}]'),
    tcpCalls,
  ),
  authorization(
    "a method may not for one principal",
    deny(`[{from: [{source: {principals: ["${remote}"]}}], to: [{operation: {methods: [GET]}}]}]`),
    tcpCalls,
  ),
  authorization("a token is asked for", allow('[{from: [{source: {requestPrincipals: ["*"]}}]}]'), tcpCalls),
  authorization("all but a namespace may", allow('[{from: [{source: {notNamespaces: ["$cl"]}}]}]'), tcpCalls),
];

export const peers: readonly Variant[] = [
  peer("strict for the namespace", "{mtls: {mode: STRICT}}"),
  peer("off for the namespace", "{mtls: {mode: DISABLE}}"),
  peer("permissive for the namespace", "{mtls: {mode: PERMISSIVE}}"),
  peer("strict for the pods", `{${web}, mtls: {mode: STRICT}}`),
  peer("off for the pods", `{${web}, mtls: {mode: DISABLE}}`),
  peer("strict for other pods", "{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}"),
  peer("strict for another namespace", "{mtls: {mode: STRICT}}", "default"),
  peer("strict but for the port", `{${web}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}}}`),
  peer("strict for the port only", `{${web}, portLevelMtls: {8080: {mode: STRICT}}}`),
  peer("off for the port only", `{${web}, portLevelMtls: {8080: {mode: DISABLE}}}`),
  peer("strict for another port", `{${web}, portLevelMtls: {9000: {mode: STRICT}}}`),
  peer("strict for the Service's port", `{${web}, portLevelMtls: {8000: {mode: STRICT}}}`),
  peer("unset for the pods", `{${web}, mtls: {mode: UNSET}}`),
  both(
    "strict for the namespace, off for the pods",
    { ...peer("", "{mtls: {mode: STRICT}}"), calls: callers },
    peer("", `{${web}, mtls: {mode: DISABLE}}`),
  ),
  both(
    "off for the namespace, unset for the pods",
    { ...peer("", "{mtls: {mode: DISABLE}}"), calls: callers },
    peer("", `{${web}, mtls: {mode: UNSET}}`),
  ),
  both(
    "strict for the pods, and a policy that asks who calls",
    { ...peer("", `{${web}, mtls: {mode: STRICT}}`), calls: callers },
    authorization("", allow(`[{from: [{source: {principals: ["${remote}"]}}]}]`)),
  ),
  both(
    "off for the pods, and a policy that asks who calls",
    { ...peer("", `{${web}, mtls: {mode: DISABLE}}`), calls: callers },
    authorization("", allow(`[{from: [{source: {principals: ["${own}"]}}]}]`)),
  ),
  { ...peer("strict for the mesh", "{mtls: {mode: STRICT}}", "istio-system"), reach: "mesh" },
  { ...peer("off for the mesh", "{mtls: {mode: DISABLE}}", "istio-system"), reach: "mesh" },
  {
    ...peer("strict, and the local caller's rule turns TLS off", "{mtls: {mode: STRICT}}"),
    cluster2: `${peer("", "{mtls: {mode: STRICT}}").cluster2}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec: {host: $id, trafficPolicy: {tls: {mode: DISABLE}}}
`,
  },
  {
    ...peer("off, and the local caller's rule asks for mutual TLS", "{mtls: {mode: DISABLE}}"),
    cluster2: `${peer("", "{mtls: {mode: DISABLE}}").cluster2}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: $id}
spec: {host: $id, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
`,
  },
];

const sidecar = (title: string, spec: string, calls?: readonly string[], where = "$cl"): Variant => ({
  title: `Sidecar: ${title}`,
  reach: "slot",
  edits: [],
  cluster1: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: $id, namespace: ${where}}
spec: ${spec}
`,
  ...(calls === undefined ? {} : { calls }),
});

/** What the client's own Sidecar lets it know. */
export const sidecars: readonly Variant[] = [
  sidecar("the namespace's own names", '{egress: [{hosts: ["./*"]}]}'),
  sidecar("another namespace's names", '{egress: [{hosts: ["istio-system/*"]}]}'),
  sidecar("the name itself", '{egress: [{hosts: ["./$id.$sv.cluster2"]}]}'),
  sidecar("the name in any namespace", '{egress: [{hosts: ["*/$id.$sv.cluster2"]}]}'),
  sidecar("a wildcard for the name", '{egress: [{hosts: ["./*.cluster2"]}]}'),
  sidecar("another wildcard", '{egress: [{hosts: ["./*.cluster3"]}]}'),
  sidecar("nothing", '{egress: [{hosts: ["~/*"]}]}'),
  sidecar(
    "nothing else may be called",
    '{outboundTrafficPolicy: {mode: REGISTRY_ONLY}, egress: [{hosts: ["istio-system/*"]}]}',
  ),
  sidecar("only what is known may be called", "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"),
  sidecar("anything may be called", "{outboundTrafficPolicy: {mode: ALLOW_ANY}}"),
  sidecar("for other pods", '{workloadSelector: {labels: {app: other}}, egress: [{hosts: ["istio-system/*"]}]}'),
  sidecar("for this pod", '{workloadSelector: {labels: {app: sleep}}, egress: [{hosts: ["istio-system/*"]}]}'),
  sidecar("in another namespace", '{egress: [{hosts: ["istio-system/*"]}]}', undefined, "default"),
  sidecar("a port of its own", '{egress: [{port: {number: 8000, protocol: HTTP, name: http}, hosts: ["./*"]}]}'),
  sidecar("another port of its own", '{egress: [{port: {number: 8001, protocol: HTTP, name: http}, hosts: ["./*"]}]}'),
];

export const localSidecars: readonly Variant[] = [
  ...sidecars.filter(({ title }) => !/cluster[23]|the name|wildcard/.test(title)),
  sidecar(
    "ingress: the app's port",
    "{workloadSelector: {labels: {app: web}}, ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: '127.0.0.1:8080'}]}",
  ),
  sidecar(
    "ingress: to another port of the app",
    "{workloadSelector: {labels: {app: web}}, ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: '127.0.0.1:8099'}]}",
  ),
  sidecar(
    "ingress: another port",
    "{workloadSelector: {labels: {app: web}}, ingress: [{port: {number: 9000, protocol: TCP, name: tcp}, defaultEndpoint: '127.0.0.1:9000'}]}",
  ),
  sidecar(
    "ingress: the app's port as TCP",
    "{workloadSelector: {labels: {app: web}}, ingress: [{port: {number: 8080, protocol: TCP, name: tcp}, defaultEndpoint: '127.0.0.1:8080'}]}",
  ),
];

export const policyVariants: readonly (readonly [Recipe, readonly Variant[]])[] = [
  [policed, [...authorizations, ...peers]],
  [
    policedTcp,
    [
      ...tcpAuthorizations,
      ...peers.filter(({ title }) => /namespace$|pods$/.test(title)).map((each) => ({ ...each, calls: tcpCalls })),
    ],
  ],
  [lean, sidecars],
  [local, localSidecars],
];
