import { expect, test } from "vitest";
import { parseIntents } from "./parseIntents.ts";

const clusters = `apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1, labels: {env: prod}}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster2}
`;

const httpbin = `apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata: {name: httpbin, namespace: bar}
spec:
  servedBy: [cluster2]
  consumers:
  - clusters: [cluster1]
    namespaces: [foo]
`;

function parse(...texts: readonly string[]) {
  return parseIntents(texts.map((text, index) => ({ name: `${"abc"[index]}.yaml`, text })));
}

/** Code and place of each problem, for texts that are not intents. */
function faults(...texts: readonly string[]) {
  const { intents, problems } = parse(...texts);
  expect(intents).toBeUndefined();
  return problems.map(({ code, at }) => `${code} ${at}`);
}

function shared(spec: string) {
  return `apiVersion: isthmus.io/v1alpha1\nkind: SharedService\nmetadata: {name: httpbin, namespace: bar}\nspec:\n${spec}`;
}

test("two MeshClusters and one SharedService are enough: everything else has a default", () => {
  const { intents, problems } = parse(clusters, httpbin);

  expect(problems).toEqual([]);
  expect(intents?.mesh).toEqual({
    apiVersion: "isthmus.io/v1alpha1",
    kind: "Mesh",
    metadata: { name: "mesh" },
    spec: {
      trustDomain: "cluster.local",
      istioNamespace: "istio-system",
      clusterDomain: "cluster.local",
      ca: {
        signer: { file: { path: "ca/mesh-root.json" } },
        intermediate: { days: 730, key: "ecdsa", nameConstraints: false },
        external: { signer: { file: { path: "ca/external-root.json" } }, days: 90, key: "ecdsa" },
      },
      names: { perCluster: "{service}.{namespace}.{cluster}", mesh: "{service}.{namespace}.mesh" },
      addressPool: "240.0.0.0/16",
      emit: "Istio",
      access: { remoteCallers: "Any", localCallers: "Any", dryRun: false },
    },
  });
  expect(intents?.clusters[1]).toEqual({
    apiVersion: "isthmus.io/v1alpha1",
    kind: "MeshCluster",
    metadata: { name: "cluster2" },
    spec: {
      access: {},
      eastWestGateway: { namespace: "istio-system", selector: { istio: "ingressgateway" }, port: 15443 },
      ingressGateway: {
        namespace: "istio-system",
        selector: { istio: "ingressgateway" },
        port: 443,
        httpPort: 80,
      },
      drain: false,
    },
  });
  expect(intents?.sharedServices).toEqual([
    {
      apiVersion: "isthmus.io/v1alpha1",
      kind: "SharedService",
      metadata: { name: "httpbin", namespace: "bar" },
      spec: {
        servedBy: ["cluster2"],
        consumers: [{ clusters: ["cluster1"], namespaces: ["foo"] }],
        as: ["PerCluster"],
      },
    },
  ]);
});

test("a namespace that is not given is default", () => {
  const { intents } = parse(clusters, httpbin.replace(", namespace: bar", ""));

  expect(intents?.sharedServices[0]?.metadata).toEqual({ name: "httpbin", namespace: "default" });
});

test("what kubectl prints can be fed back: a List, with status and what the server adds", () => {
  const item = (kind: string, name: string, spec: object) => ({
    apiVersion: "isthmus.io/v1alpha1",
    kind,
    metadata: { name, uid: "1", resourceVersion: "2", generation: 3, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec,
    status: { conditions: [] },
  });
  const items = [
    item("MeshCluster", "cluster1", {}),
    item("SharedService", "web", { servedBy: ["cluster1"], consumers: [{ clusters: ["cluster1"] }] }),
  ];

  const { intents, problems } = parse(JSON.stringify({ apiVersion: "v1", kind: "List", items }));

  expect(problems).toEqual([]);
  expect(intents?.sharedServices.map(({ metadata }) => metadata.name)).toEqual(["web"]);
});

test("a mistake in an item of a List has the item's place", () => {
  const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: isthmus.io/v1alpha1\n  kind: Mesh\n  metadata: {nam: mesh}\n`;

  expect(faults(text)).toEqual(["FIELD_UNKNOWN a.yaml:6:14"]);
});

test("mistakes of all files and documents are told together, in their order", () => {
  const broken = `${clusters}---\nkind: [\n---\nkind: Mesh\nspec: 1\n`;

  expect(faults(broken, shared("  servedby: [cluster2]\n  consumers:\n  - clusters: [cluster1]\n    x: 1\n"))).toEqual([
    "YAML_INVALID a.yaml:10:1",
    "FIELD_MISSING a.yaml:11:1",
    "FIELD_UNKNOWN b.yaml:5:3",
    "FIELD_UNKNOWN b.yaml:8:5",
  ]);
});

test("an unknown field is told with the one that was probably meant, and that one is not missed as well", () => {
  const { problems } = parse(clusters, shared("  servedBy: [cluster2]\n  consumer:\n  - clusters: [cluster1]\n"));

  expect(problems).toMatchObject([
    {
      code: "FIELD_UNKNOWN",
      at: "b.yaml:6:3",
      message: 'spec has no field "consumer"',
      hint: "did you mean consumers?",
    },
  ]);
});

test("an unknown field like no other is told with the fields there are", () => {
  const { problems } = parse(clusters, httpbin.replace("namespaces", "tenants"));

  expect(problems).toMatchObject([
    {
      code: "FIELD_UNKNOWN",
      at: "b.yaml:8:5",
      message: 'spec.consumers[0] has no field "tenants"',
      hint: "its fields are clusters, namespaces, serviceAccounts",
    },
  ]);
});

test("a missing field is told at its parent", () => {
  const { problems } = parse(clusters, shared("  servedBy: [cluster2]\n  consumers:\n  - namespaces: [foo]\n"));

  expect(problems).toMatchObject([
    {
      code: "FIELD_MISSING",
      at: "b.yaml:7:5",
      message: "spec.consumers[0].clusters is missing",
      hint: "it takes a non-empty list of cluster names: Consuming clusters, by name or by labels (env=prod)",
    },
  ]);
});

test.each([
  ["name: 0123", "metadata.name must be a name, found the number 0123", 'quote it: "0123"'],
  ["name: true", "metadata.name must be a name, found true", 'quote it: "true"'],
  [
    "name: Http_Bin",
    `metadata.name must be a DNS label: lower-case letters, digits and '-', not at an end, found "Http_Bin"`,
    "",
  ],
  ["name:", "metadata.name must be a name, found nothing", "give it a value, or remove it"],
  ["name: [a]", "metadata.name must be a name, found a list", ""],
])("metadata of {%s} is refused in plain words", (field, message, hint) => {
  const { problems } = parse(`apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata:\n  ${field}\n`);

  expect(problems).toMatchObject([{ code: "FIELD_INVALID", message, hint }]);
});

test.each([
  [
    "servedBy: cluster2",
    'spec.servedBy must be a non-empty list of cluster names, found "cluster2"',
    "write a list: [cluster2]",
  ],
  ["servedBy: []", "spec.servedBy must be a non-empty list of cluster names, found an empty list", ""],
  [
    "servedBy: {matchLabels: {env: prod}}",
    "spec.servedBy must be a non-empty list of cluster names, found a mapping",
    "",
  ],
  ["servedBy: [cluster2, cluster2]", 'spec.servedBy[1] is listed twice: "cluster2"', ""],
  ["ports: [0]", "spec.ports[0] must be a whole number from 1 to 65535, found the number 0", ""],
  ["ports: [65536]", "spec.ports[0] must be a whole number from 1 to 65535, found the number 65536", ""],
  ["ports: [8000.5]", "spec.ports[0] must be a whole number from 1 to 65535, found the number 8000.5", ""],
  ["ports: ['80']", 'spec.ports[0] must be a whole number from 1 to 65535, found "80"', "write it without quotes: 80"],
  [
    "ports: 80",
    "spec.ports must be a non-empty list of whole numbers from 1 to 65535, found the number 80",
    "write a list: [80]",
  ],
  [
    "as: [perCluster]",
    'spec.as[0] must be one of PerCluster, SameName, Mesh, found "perCluster"',
    "did you mean PerCluster?",
  ],
  ["as: [PerCluster, PerCluster]", 'spec.as[1] is listed twice: "PerCluster"', ""],
  [
    "access: {}",
    "spec.access must be a non-empty list of mappings with methods, paths, ports, from, found an empty mapping",
    "",
  ],
])("%s is refused in plain words", (field, message, hint) => {
  const rest = field.startsWith("servedBy") ? "" : "  servedBy: [cluster2]\n";

  const { problems } = parse(clusters, shared(`${rest}  consumers: [{clusters: [cluster1]}]\n  ${field}\n`));

  expect(problems).toMatchObject([{ code: "FIELD_INVALID", message, hint }]);
});

test("a long value is cut", () => {
  const { problems } = parse(`apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: ${"X".repeat(100_000)}}\n`);

  expect(problems[0]?.message.length).toBeLessThan(200);
});

test.each([
  ["apiVersion: isthmus.io/v1alpha1\nkind: SharedServce\n", "KIND_UNKNOWN a.yaml:2:7", "did you mean SharedService?"],
  [
    "apiVersion: isthmus.io/v1alpha1\nkind: Pod\n",
    "KIND_UNKNOWN a.yaml:2:7",
    "the kinds are Mesh, MeshCluster, SharedService, ExternalAccess, ExternalService",
  ],
  [
    "apiVersion: isthmus.io/v1alpha1\nkind: constructor\n",
    "KIND_UNKNOWN a.yaml:2:7",
    "the kinds are Mesh, MeshCluster, SharedService, ExternalAccess, ExternalService",
  ],
  ["apiVersion: isthmus.io/v1\nkind: Mesh\n", "KIND_UNKNOWN a.yaml:1:13", "did you mean isthmus.io/v1alpha1?"],
  ["apiVersion: istmus.io/v1alpha1\nkind: Mesh\n", "KIND_UNKNOWN a.yaml:1:13", "did you mean isthmus.io/v1alpha1?"],
  [
    "apiVersion: v1\nkind: Service\nmetadata: {name: httpbin}\n",
    "KIND_UNKNOWN a.yaml:1:13",
    "keep other manifests apart from Isthmus resources; a MeshCluster's spec.access.directory may name their folder",
  ],
  ["kind: Mesh\n", "FIELD_MISSING a.yaml:1:1", "it takes isthmus.io/v1alpha1"],
  [
    "apiVersion: isthmus.io/v1alpha1\n",
    "FIELD_MISSING a.yaml:1:1",
    "it takes one of Mesh, MeshCluster, SharedService, ExternalAccess, ExternalService",
  ],
  ["- a\n", "FIELD_INVALID a.yaml:1:1", ""],
  ["hello\n", "FIELD_INVALID a.yaml:1:1", ""],
])("a document that is not a resource of ours is refused: %j", (text, fault, hint) => {
  const { intents, problems } = parse(text);

  expect(intents).toBeUndefined();
  expect(problems.map(({ code, at }) => `${code} ${at}`)).toEqual([fault]);
  expect(problems[0]?.hint).toBe(hint);
});

test("a resource that is declared twice names the first place", () => {
  const { problems } = parse(clusters, httpbin, httpbin);

  expect(problems).toMatchObject([
    {
      code: "RESOURCE_DUPLICATE",
      at: "c.yaml:3:18",
      message: "SharedService bar/httpbin is declared twice; first at b.yaml:3:18",
      hint: "keep one of the two, or rename one",
    },
  ]);
});

test("the same name in another namespace or kind is not a duplicate", () => {
  const other = httpbin.replace("namespace: bar", "namespace: baz");

  expect(parse(clusters, httpbin, other).problems).toEqual([]);
});

test("a second Mesh is refused", () => {
  const mesh = (name: string) => `apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: ${name}}\n`;

  expect(faults(mesh("one"), mesh("two"))).toEqual(["MESH_DUPLICATE b.yaml:3:18"]);
});

test("no resource at all is told", () => {
  expect(faults("# nothing yet\n", "---\n")).toEqual(["NO_INTENTS a.yaml:1:1"]);
  expect(faults()).toEqual(["NO_INTENTS input:1:1"]);
});

test("a cluster that is not declared is told with the one that was probably meant", () => {
  const { problems } = parse(clusters, httpbin.replace("[cluster1]", "[clutser1]"));

  expect(problems).toMatchObject([
    {
      code: "CLUSTER_UNKNOWN",
      at: "b.yaml:7:16",
      message: "there is no MeshCluster clutser1; declared are cluster1, cluster2",
      hint: "did you mean cluster1?",
    },
  ]);
});

test("a cluster whose declaration is broken is not called unknown", () => {
  expect(
    faults(
      clusters.replace(
        "kind: MeshCluster\nmetadata: {name: cluster2}",
        "kind: MeshClutser\nmetadata: {name: cluster2}",
      ),
      httpbin,
    ),
  ).toEqual(["KIND_UNKNOWN a.yaml:6:7"]);
  expect(faults(clusters.replace("{name: cluster2}", "{name: cluster2"), httpbin)).toEqual(["YAML_INVALID a.yaml:8:1"]);
  expect(faults(`${clusters}spec: {acces: {}}\n`, httpbin)).toEqual(["FIELD_UNKNOWN a.yaml:8:8"]);
});

test("a broken shared service hides no unknown cluster of another", () => {
  const broken = httpbin.replace("consumers", "consumer");

  expect(faults(clusters, broken, httpbin.replace("bar", "baz").replace("cluster2", "cluster9"))).toEqual([
    "FIELD_UNKNOWN b.yaml:6:3",
    "CLUSTER_UNKNOWN c.yaml:5:14",
  ]);
});

test.each(["! <<: x", "a: &list [1]\n<<: *list\nkind: Mesh"])(
  "a merge key that leads to no mapping is a problem: %j",
  (text) => {
    const { problems } = parseIntents([{ name: "mesh.yaml", text }]);

    expect(problems.map(({ code }) => code)).toContain("YAML_INVALID");
  },
);

test("a hundred thousand mistakes are all told", () => {
  const fields = Array.from({ length: 100_000 }, (_, index) => `x${index}: 1\n`).join("");

  const { problems } = parse(`apiVersion: isthmus.io/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\n${fields}`);

  expect(problems).toHaveLength(100_000);
  expect(problems.at(-1)).toMatchObject({ code: "FIELD_UNKNOWN", at: "a.yaml:100003:1" });
});
