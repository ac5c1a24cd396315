import type { Kind, WrittenIntent } from "../packages/core/src/index.ts";

const apiVersion = "isthmus.io/v1alpha1";

/** One resource a kind, which together declare a mesh: docs/reference.md shows them, and a test reads them from there. */
export const referenceExamples: Readonly<Record<Kind, WrittenIntent>> = {
  Mesh: {
    apiVersion,
    kind: "Mesh",
    metadata: { name: "mesh" },
    spec: {
      trustDomain: "example.com",
      names: { perCluster: "{service}.{namespace}.{cluster}.internal" },
      addressPool: "240.1.0.0/16",
    },
  },
  MeshCluster: {
    apiVersion,
    kind: "MeshCluster",
    metadata: { name: "cluster2", labels: { env: "prod" } },
    spec: {
      access: { context: "cluster2-admin" },
      locality: { region: "eu-west", zone: "a" },
      eastWestGateway: { selector: { istio: "eastwestgateway" }, addresses: ["192.0.2.10", "192.0.2.11:31443"] },
    },
  },
  SharedService: {
    apiVersion,
    kind: "SharedService",
    metadata: { name: "httpbin", namespace: "bar" },
    spec: {
      ports: [8000],
      servedBy: ["cluster2"],
      consumers: [{ clusters: ["env=prod"], namespaces: ["foo"], serviceAccounts: ["sleep"] }],
      as: ["PerCluster", "SameName"],
      traffic: { outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: "30s" } },
      access: [{ methods: ["GET"], paths: ["/headers", "/status/*"], from: ["sleep.foo"] }],
    },
  },
  ExternalAccess: {
    apiVersion,
    kind: "ExternalAccess",
    metadata: { name: "httpbin", namespace: "bar" },
    spec: {
      hosts: ["httpbin.example.com"],
      port: 8000,
      clusters: ["cluster2"],
      tls: {
        mode: "Mutual",
        credential: { secret: "httpbin-credential" },
        clients: { subjectAltNames: ["client.example.com"] },
      },
    },
  },
  ExternalService: {
    apiVersion,
    kind: "ExternalService",
    metadata: { name: "mysql", namespace: "shop" },
    spec: {
      hosts: ["mysql.example.com"],
      ports: [{ number: 3306, protocol: "TCP" }],
      resolution: "Static",
      endpoints: ["203.0.113.7"],
      consumers: [{ clusters: ["env=prod"], namespaces: ["shop"] }],
      tls: { mode: "Simple" },
      via: "cluster2",
    },
  },
};

/** Of each kind that is a file for `isthmus test`. */
export const testExamples = {
  PathTest: `apiVersion: isthmus.io/v1alpha1
kind: PathTest
metadata: {name: dev-cannot-pay}
spec:
  from: {none: {namespace: dev}}
  to: {service: payments.pay, port: 8080, method: POST}
  expect: {reaches: {}}
`,
  PathTestSuite: `apiVersion: isthmus.io/v1alpha1
kind: PathTestSuite
metadata: {name: reviews, labels: {team: books}}
spec:
  from: {workload: productpage, namespace: books}
  tests:
    - name: canary
      to: {service: reviews.books, port: 9080}
      expect:
        reaches: {split: [{version: v1, percent: 90}, {version: v2, percent: 10}], tolerance: 2}
        mutualTLS: true
        timeout: {atMost: 5s}
    - name: outside-needs-a-token
      from: {outside: {cluster: eu}}
      to: {url: "https://books.example.com/reviews"}
      expect: {refused: {by: policy, status: 403}}
`,
} as const;
