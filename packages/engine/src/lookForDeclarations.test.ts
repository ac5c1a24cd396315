import { expect, test } from "vitest";
import { lookForDeclarations } from "./lookForDeclarations.ts";

const mesh = { apiVersion: "isthmus.io/v1alpha1", kind: "Mesh", metadata: { name: "mesh" } };
const { apiVersion, ...rest } = mesh;

test.each([
  ["YAML", "a.yaml", "apiVersion: isthmus.io/v1alpha1\nkind: Mesh\n"],
  ["YAML with quotes after a comment", "a.yml", `# ours\n---\nkind: Mesh\napiVersion: "isthmus.io/v1alpha1"\n`],
  ["an item of a YAML list", "a.yaml", "kind: List\nitems:\n- apiVersion: isthmus.io/v1alpha1\n  kind: Mesh\n"],
  ["YAML in one line", "a.yaml", "{kind: Mesh, metadata: {name: mesh}, apiVersion: isthmus.io/v1alpha1}\n"],
  ["YAML in one line after a separator", "a.yaml", "--- {apiVersion: isthmus.io/v1alpha1, kind: Mesh}\n"],
  ["JSON", "a.json", JSON.stringify(mesh, undefined, 2)],
  ["JSON in one line", "a.json", JSON.stringify(mesh)],
  ["JSON in one line, in another order", "a.json", JSON.stringify({ ...rest, apiVersion })],
  ["a JSON list in one line", "a.yaml", JSON.stringify({ kind: "List", items: [rest, mesh] })],
])("%s is found in a folder", (_what, name, text) => {
  expect(lookForDeclarations({ name, text }, false)).toEqual({ declares: true, namesakes: [] });
});

test.each([
  ["another manifest", "apiVersion: v1\nkind: ConfigMap\n"],
  ["a declaration within a text", JSON.stringify({ kind: "ConfigMap", data: { mesh: JSON.stringify(mesh) } })],
  [
    "a Helm template that mentions a kind of ours",
    "{{- if .Values.on }}\n# Mesh and SharedService\nkind: Deployment\n{{- end }}\n",
  ],
  ["a Helm template of another's Mesh", "{{- if .Values.on }}\napiVersion: kuma.io/v1alpha1\nkind: Mesh\n{{- end }}\n"],
  [
    "a Helm template with a label of ours",
    "{{- if .Values.on }}\nmetadata: {labels: {isthmus.io/owner: a}}\n{{- end }}\n",
  ],
  ["CloudFormation", "Resources:\n  Mesh:\n    Type: AWS::AppMesh::Mesh\n    Properties: {Name: !Ref [Mesh}\n"],
  ["a chart's values with a kind", "kind: mesh\nreplicas: 2\n"],
  ["a chart's values with a kind and a version", "kind: Mesh\napiVersion: v1\nreplicas: 2\n"],
])("%s is left alone", (_what, text) => {
  expect(lookForDeclarations({ name: "a.json", text }, false)).toEqual({ declares: false, namesakes: [] });
});

test.each([
  ["a slip in the group", "apiVersion: ithmus.io/v1alpha1\nkind: SharedService\n"],
  ["a slip in the group and a kind that does not exist", "apiVersion: isthums.io/v1\nkind: Thing\n"],
  ["no apiVersion", "kind: SharedService\nmetadata: {name: a}\n"],
  ["no apiVersion and a slip in the kind", "kind: SharedServices\nspec: {}\n"],
  ["a group of Kubernetes", "apiVersion: v1\nkind: MeshCluster\nspec: {}\n"],
  ["a slip in YAML before its apiVersion", "kind: [Mesh\n"],
  ["a slip in YAML beside another's", "kind: Mesh\napiVersion: kuma.io/v1\n---\nkind: 'MeshCluster'\nspec: [\n"],
  ["a slip in JSON", '{"metadata": {"name": "a"}, "kind": "SharedService", "apiVersion": "isthmus.io/v1alpha1"'],
  ["a list with such an item", "kind: List\napiVersion: v1\nitems: [{kind: ExternalAccess, metadata: {name: a}}]\n"],
])("a file with %s was meant to declare, so that its mistake is told", (_what, text) => {
  expect(lookForDeclarations({ name: "a.yaml", text }, false)).toEqual({ declares: true, namesakes: [] });
});

test("another product's kind of the same name is passed over with a warning, unless the file is named", () => {
  const file = { name: "b.yaml", text: "kind: Mesh\napiVersion: kuma.io/v1alpha1\n" };

  expect(lookForDeclarations(file, false)).toMatchObject({
    declares: false,
    namesakes: [{ code: "KIND_NAMESAKE", at: "b.yaml:2:13" }],
  });
  expect(lookForDeclarations(file, true)).toEqual({ declares: true, namesakes: [] });
});
