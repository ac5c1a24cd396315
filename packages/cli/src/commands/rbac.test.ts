import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "@isthmus/core";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { emptyFolder, exampleFolder, runCli } from "../testing/runCli.ts";

test("roles for an account are printed before anything is declared, with the next command on stderr", async () => {
  const folder = await emptyFolder();

  const run = await runCli(folder, ["rbac", "cluster1"]);

  expect(run.code).toBe(0);
  expect(run.stderr).toContain("kubectl --context cluster1 create token isthmus -n istio-system");
  await expect(run.stdout).toMatchFileSnapshot("testdata/rbac.golden.yaml");
});

test("JSON is one List of the same manifests", async () => {
  const folder = await emptyFolder();

  const [yaml, json] = [await runCli(folder, ["rbac", "a"]), await runCli(folder, ["rbac", "a", "-o", "json"])];

  const { kind, items } = JSON.parse(json.stdout);
  expect(kind).toBe("List");
  expect(items).toEqual(parseAllDocuments(yaml.stdout).map((document) => document.toJS()));
});

test("the declared mesh tells Istio's namespace, and the options who may do what", async () => {
  const folder = await emptyFolder();
  await writeFile(
    join(folder, "mesh.yaml"),
    `apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: {istioNamespace: istio}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: cluster1}
`,
  );

  const run = await runCli(folder, ["rbac", "cluster1", "--read-only", "--manage-ca", "--user", "ann", "-o", "json"]);

  const { items } = JSON.parse(run.stdout);
  const names = items.map(
    ({ kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } }) =>
      `${kind} ${metadata.namespace ?? "-"}/${metadata.name}`,
  );
  expect(names).toEqual([
    "ClusterRole -/isthmus-reader",
    "ClusterRoleBinding -/isthmus-reader",
    "Role istio/isthmus-reader",
    "RoleBinding istio/isthmus-reader",
  ]);
  expect(run.stdout).toContain("cacerts");
});

test("who manages certificates may ask cert-manager to sign, in its cluster and where the requests go", async () => {
  const folder = await emptyFolder();
  const mesh = `apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec:
  ca:
    signer: {certManager: {cluster: a, issuer: {name: mesh-root}}}
    external: {signer: {certManager: {cluster: a, namespace: edge, issuer: {name: edge-root}}}}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: a}
---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: b}
`;
  await writeFile(join(folder, "mesh.yaml"), mesh);
  const signing = async (...argv: readonly string[]) => {
    const { stdout } = await runCli(folder, ["rbac", ...argv, "-o", "json"]);
    const { items }: { readonly items: readonly KubeObject[] } = JSON.parse(stdout);
    return items
      .filter(({ metadata }) => metadata.name === "isthmus-signing")
      .map(({ kind, metadata }) => `${kind} ${metadata.namespace}`);
  };

  const found = [await signing("a", "--manage-ca"), await signing("a"), await signing("b", "--manage-ca")];

  const roles = ["Role edge", "RoleBinding edge", "Role istio-system", "RoleBinding istio-system"];
  expect(found).toEqual([roles, [], []]);
});

test("EnvoyFilters, routes and imports are for those alone whose declarations need them, and for --all-kinds", async () => {
  const folder = await emptyFolder();
  const declare = (access: string) =>
    writeFile(
      join(folder, "mesh.yaml"),
      `apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: a}
${access}`,
    );
  const written = async (...argv: readonly string[]) => {
    const { stdout } = await runCli(folder, ["rbac", "a", ...argv, "-o", "json"]);
    const { items }: { readonly items: readonly { readonly rules?: readonly Rule[] }[] } = JSON.parse(stdout);
    const rules = items.flatMap((item) => item.rules ?? []).filter(({ verbs }) => verbs.includes("delete"));
    return rules.flatMap(({ resources = [] }) => resources).filter((each) => /filter|route|import/.test(each));
  };
  const all = ["httproutes", "tlsroutes", "serviceimports", "envoyfilters"];

  expect(await written()).toEqual(expect.arrayContaining(all));
  await declare("");
  expect(await written()).toEqual([]);
  expect(await written("--all-kinds")).toEqual(expect.arrayContaining(all));
  await declare(`---
apiVersion: isthmus.io/v1alpha1
kind: ExternalAccess
metadata: {name: httpbin, namespace: bar}
spec:
  hosts: [httpbin.example.com]
  port: 8000
  clusters: [a]
  tls: {mode: None}
  jwt: {issuers: [{issuer: https://issuer.example.com, jwksUri: https://issuer.example.com/keys}]}
`);
  expect(await written()).toEqual(["envoyfilters"]);
});

interface Rule {
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

test("a cluster that is not declared, or is a directory, is a wrong command line", async () => {
  const folder = await exampleFolder();

  const slip = await runCli(folder, ["rbac", "cluster11"]);
  const files = await runCli(folder, ["rbac", "cluster1"]);
  const both = await runCli(await emptyFolder(), ["rbac", "cluster1", "--user", "ann", "--group", "ops"]);

  expect([slip.code, files.code, both.code]).toEqual([1, 1, 1]);
  expect(slip.stderr).toContain("USAGE");
  expect(slip.stderr).toContain("did you mean cluster1?");
  expect(files.stderr).toContain("directory");
  expect(both.stderr).toContain("USAGE");
});
