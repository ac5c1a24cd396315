import { expect, test } from "vitest";
import { formatIntents, parseIntents } from "../../model/index.ts";
import { hasErrors } from "../../problem.ts";
import { importEmco } from "./importEmco.ts";

const group = "projects/p/composite-apps/c/v1/deployment-intent-groups/g";
const intents = `${group}/traffic-group-intents/t/inbound-intents`;

const document = (anchor: string, name: string, spec: string) =>
  `version: emco/v2\nresourceContext:\n  anchor: ${anchor}\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

const surroundings = [
  document("projects/p/logical-clouds", "cloud", "{namespace: bar}"),
  document(group.slice(0, -2), "g", "{logicalCloud: cloud}"),
  document(
    `${group}/generic-placement-intents/i/app-intents`,
    "a",
    "{app: httpbin, intent: {allOf: [{clusterProvider: p1, clusterLabel: edge}]}}",
  ),
  document(
    `${group}/generic-placement-intents/i/app-intents`,
    "b",
    "{app: sleep, intent: {anyOf: [{clusterProvider: p1, cluster: cluster1}]}}",
  ),
  "version: emco/v2\nresourceContext:\n  anchor: cluster-providers/p1/clusters/cluster2/labels\nclusterLabel: edge\n",
  document(
    "cluster-providers/p1/clusters/cluster2/kv-pairs",
    "kv",
    '{kv: [{istioIngressGatewayAddress: 192.0.2.2}, {istioIngressGatewayPort: "32001"}, {istioIngressGatewayInternalPort: "15443"}]}',
  ),
];

const server = document(
  intents,
  "in",
  "{app: httpbin, appLabel: app=httpbin, serviceName: httpbin, port: 8000, protocol: TCP, serviceMesh: istio}",
);
const client = document(
  `${intents}/in/clients`,
  "c1",
  "{app: sleep, appLabel: app=sleep, serviceName: sleep, namespaces: [], cidrs: []}",
);

const file = (...documents: readonly string[]) => ({ name: "emco.yaml", text: documents.join("---\n") });

const read = (...documents: readonly string[]) => importEmco([file(...surroundings, ...documents)]);

const faults = ({ problems }: ReturnType<typeof importEmco>) => problems.map(({ code, at }) => `${code} ${at}`);

/** What is declared must be what we can read. */
function roundTrip(result: ReturnType<typeof importEmco>) {
  const parsed = parseIntents([{ name: "out.yaml", text: formatIntents(result.intents) }]);
  expect(parsed.problems).toEqual([]);
  return parsed.intents;
}

test("a server with a client in another cluster is a SharedService, with its clusters and their gateways", () => {
  const result = read(server, client);

  expect(result.problems).toEqual([]);
  expect(result.intents).toEqual([
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "Mesh",
      metadata: { name: "mesh" },
      spec: { names: { perCluster: "{service}.{namespace}.p1.{cluster}" } },
    },
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "MeshCluster",
      metadata: { name: "cluster1" },
      spec: { eastWestGateway: {}, ingressGateway: {} },
    },
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "MeshCluster",
      metadata: { name: "cluster2" },
      spec: { eastWestGateway: { port: 15443, addresses: ["192.0.2.2:32001"] }, ingressGateway: {} },
    },
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "SharedService",
      metadata: { name: "httpbin", namespace: "bar" },
      spec: {
        ports: [8000],
        servedBy: ["cluster2"],
        consumers: [{ clusters: ["cluster1"], namespaces: ["bar"] }],
        as: ["SameName", "PerCluster"],
      },
    },
  ]);
  expect(roundTrip(result)?.sharedServices).toHaveLength(1);
});

test("access points are access rules, and what denies is told", () => {
  const access = `${intents}/in/clients/c1/access-points`;

  const result = read(
    server,
    client,
    document(access, "a1", '{action: ALLOW, url: ["/status/*", "/get"], access: [GET, POST]}'),
    document(access, "a2", '{action: DENY, url: ["/admin"], access: [GET]}'),
  );

  expect(faults(result)).toEqual([expect.stringMatching(/^IMPORT_LEFT_OUT emco\.yaml:\d+:\d+$/)]);
  expect(roundTrip(result)?.sharedServices[0]?.spec.access).toEqual([
    { methods: ["GET", "POST"], paths: ["/status/*", "/get"] },
  ]);
});

test("clients' namespaces are taken, and address ranges are told", () => {
  const narrowed = document(
    `${intents}/in/clients`,
    "c1",
    "{app: sleep, serviceName: sleep, namespaces: [foo], cidrs: [10.0.0.0/8]}",
  );

  const result = read(server, narrowed);

  expect(result.problems).toMatchObject([{ code: "IMPORT_LEFT_OUT", message: expect.stringContaining("cidrs") }]);
  expect(roundTrip(result)?.sharedServices[0]?.spec.consumers).toEqual([
    { clusters: ["cluster1"], namespaces: ["foo"] },
  ]);
});

test.each([
  ["true", "management: {sidecarProxy: yes, tlsType: MUTUAL}", "Mutual"],
  ["MUTUAL", "sidecarProxy: yes", "Mutual"],
  ["SIMPLE", "sidecarProxy: yes", "Simple"],
  ['"true"', "management: {sidecarProxy: yes, tlsType: NONE}", "None"],
])("external support %s with %s is an ExternalAccess of mode %s", (support, management, mode) => {
  const external = document(
    intents,
    "outside",
    `{app: httpbin, serviceName: httpbin, externalName: httpbin.example.com, port: 8000, externalSupport: ${support}, ${management}}`,
  );

  const access = roundTrip(read(external))?.externalAccesses[0];

  expect(access).toMatchObject({
    metadata: { name: "outside", namespace: "bar" },
    spec: { hosts: ["httpbin.example.com"], service: "httpbin", port: 8000, clusters: ["cluster2"], tls: { mode } },
  });
  expect(access?.spec.tls.credential).toEqual(mode === "None" ? undefined : { secret: "httpbin-credential" });
});

test("certificates and keys are in nothing that is said or made; how to store them is told", () => {
  const external = document(
    intents,
    "outside",
    "{app: httpbin, serviceName: httpbin, externalName: httpbin.example.com, port: 8000, externalSupport: true, management: {sidecarProxy: yes, tlsType: MUTUAL}, external: {externalCerts: {serviceCertificate: LS0tCERT, servicePrivateKey: LS0tKEY, caCertificate: 5}}}",
  );

  const wrong = read(external);
  const right = read(external.replace("caCertificate: 5", "caCertificate: LS0tCA"));

  expect(hasErrors(wrong.problems)).toBe(true);
  expect(JSON.stringify([wrong, right])).not.toContain("LS0t");
  expect(right.problems).toMatchObject([
    {
      code: "IMPORT_BY_HAND",
      hint: expect.stringContaining("kubectl -n istio-system create secret generic httpbin-credential"),
    },
  ]);
});

test("outbound intents are ExternalServices", () => {
  const outbound = `${group}/traffic-group-intents/t/outbound-intents`;

  const result = read(
    document(outbound, "db", "{app: sleep, serviceName: sleep, appLabel: app=sleep}"),
    document(
      `${outbound}/db/server`,
      "mysql",
      '{externalServiceName: mysql.example.com, port: "3306", protocol: TCP, dnsResolution: STATIC, endPointAddress: 203.0.113.7}',
    ),
  );

  expect(result.problems).toEqual([]);
  expect(roundTrip(result)?.externalServices).toMatchObject([
    {
      metadata: { name: "mysql", namespace: "bar" },
      spec: {
        hosts: ["mysql.example.com"],
        ports: [{ number: 3306, protocol: "TCP" }],
        resolution: "Static",
        endpoints: ["203.0.113.7"],
        consumers: [{ clusters: ["cluster1"], namespaces: ["bar"] }],
      },
    },
  ]);
});

test("two intents of one Service are one SharedService, with the rules of each port", () => {
  const second = document(intents, "more", "{app: httpbin, serviceName: httpbin, port: 9000}");
  const access = document(
    `${intents}/in/clients/c1/access-points`,
    "a1",
    '{action: ALLOW, url: ["/get"], access: [GET]}',
  );

  const result = read(server, client, access, second, client.replace("/in/", "/more/"));

  const shared = roundTrip(result)?.sharedServices;
  expect(shared).toHaveLength(1);
  expect(shared?.[0]?.spec).toMatchObject({
    ports: [8000, 9000],
    consumers: [{ clusters: ["cluster1"], namespaces: ["bar"] }],
    access: [{ methods: ["GET"], paths: ["/get"], ports: [8000] }, { ports: [9000] }],
  });
});

test("bodies of the REST API are read as well, with what they do not tell given as options", () => {
  const bodies = [
    {
      metadata: { name: "in" },
      spec: { app: "httpbin", appLabel: "app=httpbin", serviceName: "httpbin", port: 8000, protocol: "TCP" },
    },
    { metadata: { name: "c1" }, spec: { clientServiceName: "sleep", namespaces: ["foo"], cidrs: [] } },
    { metadata: { name: "a1" }, spec: { action: "ALLOW", url: ["/get"], access: ["GET"] } },
  ];
  const clusters = new Map([
    ["httpbin", ["cluster2"]],
    ["sleep", ["cluster1"]],
  ]);

  const result = importEmco([{ name: "body.json", text: JSON.stringify(bodies) }], { namespace: "bar", clusters });

  expect(result.problems).toEqual([]);
  expect(roundTrip(result)?.sharedServices[0]).toMatchObject({
    metadata: { name: "httpbin", namespace: "bar" },
    spec: {
      servedBy: ["cluster2"],
      consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }],
      access: [{ methods: ["GET"], paths: ["/get"] }],
    },
  });
});

test("all mistakes are told together, each where it is", () => {
  const wrong = document(intents, "in", "{app: other, serviceName: httpbin, port: 80000, colour: red}");
  const lost = document(
    `${intents}/nobody/clients`,
    "c1",
    "{app: sleep, serviceName: sleep, namespaces: [], cidrs: []}",
  );
  const text = [wrong, document(intents, "two", "{app: httpbin, serviceName: two, port: 80}"), lost].join("---\n");

  const result = importEmco([{ name: "emco.yaml", text }], { namespace: "bar" });

  expect(result.intents).toEqual([]);
  expect(faults(result).sort()).toEqual([
    "FIELD_INVALID emco.yaml:5:42",
    "FIELD_MISSING emco.yaml:11:8",
    "FIELD_MISSING emco.yaml:16:12",
    "IMPORT_LEFT_OUT emco.yaml:5:55",
  ]);
});

test("a template that is not filled in, and what is not a resource of EMCO, are told", () => {
  const result = importEmco([
    { name: "template.yaml", text: "metadata:\n  name: {{ .Name }}\n" },
    { name: "service.yaml", text: "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n" },
  ]);

  expect(faults(result)).toEqual(["YAML_INVALID template.yaml:2:1", "KIND_UNKNOWN service.yaml:1:1"]);
});

test("files without any intent are told", () => {
  expect(faults(importEmco([file(...surroundings)]))).toEqual(["NO_INTENTS emco.yaml:1:1"]);
});

test("what is not in an Istio mesh, or shared with nobody, is left out", () => {
  const plain = server.replace("istio", "none");

  expect(faults(read(plain))).toEqual([expect.stringMatching(/^IMPORT_LEFT_OUT/)]);
  expect(faults(read(server))).toEqual([expect.stringMatching(/^IMPORT_LEFT_OUT/)]);
});
