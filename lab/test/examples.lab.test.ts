import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { type KubeObject, type Lab, startLab } from "../src/index.ts";
import { analyze, ourObjects } from "./clusterState.ts";
import { examples, prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

/**
 * What holds for every example alike, whatever it is about: that calls go where they should each shows in a test of its own
 * (the table in lab/README.md).
 */
let home: string;
let lab: Lab;

const clusters = ["cluster1", "cluster2", "cluster3"];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-examples-"));
  lab = await startLab({ home, clusters: 3 });
  const authority = await createAuthority("CN=outside");
  const { certificate, key } = await issueCertificate(authority, { subject: "CN=edge", names: ["*.example.com"] });
  const secrets = await credentials();
  for (const cluster of clusters) {
    await lab.apply(
      cluster,
      secrets.map((name) => ({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace: "istio-system" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": key, "ca.crt": authority.certificate },
      })) as KubeObject[],
    );
  }
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

/** The Secrets that the examples leave to the user to keep, and that which `isthmus ca issue` would make. */
async function credentials(): Promise<readonly string[]> {
  const goldens = new URL("../../packages/engine/src/testdata/", import.meta.url).pathname;
  const texts = await Promise.all(
    (await readdir(examples)).map((name) => readFile(join(goldens, `${name}.golden.yaml`), "utf8")),
  );
  const named = texts.flatMap((text) => [...text.matchAll(/credentialName: (\S+)|kind: Secret\n +name: (\S+)/g)]);
  return [...new Set(named.map(([, istio, gatewayApi]) => istio ?? gatewayApi ?? ""))];
}

/** Leaves the clusters declared, and nothing else, options of the mesh included. */
async function keepClusters(folder: string): Promise<void> {
  const documents = parseAllDocuments(await readFile(join(folder, "mesh.yaml"), "utf8")).map((each) => each.toJS());
  for (const file of await readdir(folder)) await rm(join(folder, file));
  const left = documents.filter(({ kind }) => kind === "MeshCluster");
  await writeFile(join(folder, "mesh.yaml"), left.map((each) => stringify(each)).join("---\n"));
}

const analysis = async () => (await Promise.all(clusters.map((cluster) => analyze(lab, cluster)))).flat();
const ours = async () => (await Promise.all(clusters.map((cluster) => ourObjects(lab, cluster)))).flat();

test.each(await readdir(examples))(
  "%s: istioctl analyze has nothing to add, a second apply writes nothing, and a removal leaves nothing",
  async (name) => {
    const folder = await prepareExample(lab, name);
    if ((await readdir(join(examples, name))).includes("intents.emco")) {
      const source = join(examples, name, "intents.emco");
      for (const file of await readdir(folder)) await rm(join(folder, file));
      const imported = await isthmus(folder, lab.kubeconfig, "import", "emco", source, "--out", "mesh.yaml");
      expect(imported.exitCode, imported.stderr).toBe(0);
    }
    const before = await analysis();

    const applied = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
    const objects = await ours();
    const added = (await analysis()).filter((line) => !before.includes(line));
    const since = new Date();
    const again = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
    const writes = await Promise.all(clusters.map((cluster) => lab.writes(cluster, { since })));
    await keepClusters(folder);
    const removed = await isthmus(folder, lab.kubeconfig, "apply", "--yes", "--allow-mass-delete");

    expect([applied.exitCode, again.exitCode, removed.exitCode], applied.stderr + removed.stderr).toEqual([0, 0, 0]);
    expect(objects).not.toEqual([]);
    // IST0175 is a remark on istiod's own settings, which comes with the first RequestAuthentication of a cluster.
    expect(added.filter((line) => !line.includes("IST0175"))).toEqual([]);
    expect(writes.flat()).toEqual([]);
    expect(await ours()).toEqual([]);
  },
);
