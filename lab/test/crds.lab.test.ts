import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type KubeObject, type Lab, startControlPlanes, waitFor } from "../src/index.ts";
import { namespace } from "./manifests.ts";

const root = new URL("../../", import.meta.url).pathname;

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-crds-"));
  lab = await startControlPlanes({ home, clusters: 1 });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

async function documents(path: string): Promise<readonly KubeObject[]> {
  return parseAllDocuments(await readFile(path, "utf8")).map((document): KubeObject => document.toJS());
}

test("a real API server takes our CRDs, every example's declarations, and no field that does not exist", async () => {
  const generated = join(root, "packages/core/crds/__generated__");
  for (const file of await readdir(generated)) await lab.apply("cluster1", await documents(join(generated, file)));
  const examples = await readdir(join(root, "examples"));
  const declared: KubeObject[] = [];
  for (const example of examples) {
    for (const file of await readdir(join(root, "examples", example))) {
      if (file.endsWith(".yaml")) declared.push(...(await documents(join(root, "examples", example, file))));
    }
  }
  const namespaces = new Set(declared.flatMap(({ metadata }) => metadata.namespace ?? []));
  await lab.apply(
    "cluster1",
    [...namespaces].map((name) => namespace(name)),
  );

  await waitFor("the kinds to be served", async () => {
    await lab.apply("cluster1", declared.slice(0, 1));
    return true;
  });
  for (const object of declared) await lab.apply("cluster1", [object]);
  const conditions = await lab
    .cluster("cluster1")
    .api.list<KubeObject & { status?: { conditions?: { type: string }[] } }>(
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    );
  const ours = conditions.filter(({ metadata }) => metadata.name.endsWith(".isthmus.io"));

  expect(ours).toHaveLength(5);
  expect(ours.flatMap(({ status }) => status?.conditions?.map(({ type }) => type) ?? [])).not.toContain(
    "NonStructuralSchema",
  );
  const [mesh] = declared;
  if (mesh === undefined) throw new Error("no examples");
  await expect(lab.apply("cluster1", [{ ...mesh, spec: { acces: {} } } as KubeObject])).rejects.toThrow("acces");
});
