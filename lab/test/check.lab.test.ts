import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509CertificateGenerator } from "@peculiar/x509";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, type Lab, startLab, toolPath, waitFor } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

/**
 * `isthmus check` on a healthy mesh, and on setups that are broken on purpose, each of which gives its own code. Clusters
 * whose roots differ are in checkRoots.lab.test.ts; what no lab can make (an API server of an old version, a clock that is
 * wrong) is in packages/engine/src/check/gatherFacts.test.ts.
 */

let home: string;
let folder: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-check-"));
  lab = await startLab({ home, clusters: 2 });
  folder = await prepareExample(lab, "sleep-httpbin");
  const { exitCode, stderr } = await isthmus(folder, lab.kubeconfig, "apply", "--yes");
  expect(exitCode, stderr).toBe(0);
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

interface Row {
  readonly check: string;
  readonly cluster?: string;
  readonly status: string;
  readonly message: string;
  readonly code?: string;
}

interface Checked {
  readonly exitCode: number | undefined;
  readonly rows: readonly Row[];
  /** Each once, sorted, with the cluster that it is about: `cluster2 GATEWAY_NOT_READY`; the mesh is `-`. */
  readonly found: readonly string[];
}

async function check(args: readonly string[] = [], cwd = folder, kubeconfig = lab.kubeconfig): Promise<Checked> {
  const { exitCode, stdout, stderr } = await isthmus(cwd, kubeconfig, "check", "-o", "json", ...args);
  expect(stderr).not.toContain("failed in a way it should not");
  const { rows }: { readonly rows: readonly Row[] } = JSON.parse(stdout);
  const found = rows.flatMap(({ cluster = "-", code }) => (code === undefined ? [] : [`${cluster} ${code}`]));
  return { exitCode, rows, found: [...new Set(found)].sort() };
}

/** A copy of what is declared, with its mesh.yaml changed. */
async function declaredOtherwise(change: (mesh: string) => string): Promise<string> {
  const copy = await mkdtemp(join(home, "declared-"));
  await cp(folder, copy, { recursive: true });
  await writeFile(join(copy, "mesh.yaml"), change(await readFile(join(copy, "mesh.yaml"), "utf8")));
  return copy;
}

const mesh = (spec: string) => `---
apiVersion: isthmus.io/v1alpha1
kind: Mesh
metadata: {name: mesh}
spec: ${spec}
`;
const meshCluster = (name: string, spec: string) => `---
apiVersion: isthmus.io/v1alpha1
kind: MeshCluster
metadata: {name: ${name}}
spec: ${spec}
`;

/** cluster1 and cluster2 with these specs added. */
function clustersWith(specs: Readonly<Record<string, string>>): () => string {
  return () =>
    ["cluster1", "cluster2"]
      .map((name) =>
        meshCluster(name, `{access: {context: ${name}}${specs[name] === undefined ? "" : `, ${specs[name]}`}}`),
      )
      .join("");
}

async function kubectl(cluster: string, ...args: readonly string[]): Promise<void> {
  await execa(toolPath("kubectl"), ["--kubeconfig", lab.kubeconfig, "--context", cluster, ...args]);
}

const patchStatus = (cluster: string, availableReplicas: number) =>
  lab
    .cluster(cluster)
    .api.patchStatus(
      { apiVersion: "apps/v1", kind: "Deployment", name: "istiod", namespace: "istio-system" },
      { availableReplicas, readyReplicas: availableReplicas },
    );

test("a healthy mesh: nothing is found, and the gateways are seen to pass TLS through to workloads", async () => {
  const { exitCode, rows, found } = await check();

  expect({ exitCode, found }).toEqual({ exitCode: 0, found: [] });
  const saying = (name: string) => rows.filter(({ check: each }) => each === name).map(({ message }) => message);
  expect(saying("gateway-reachable")).toContainEqual(expect.stringContaining("passes TLS through"));
  // Seen in the chain that httpbin showed through cluster2's gateway.
  expect(saying("trust-expiry")).toContainEqual(expect.not.stringContaining("no gateway showed an intermediate"));
});

test("before anything is declared contexts of the kubeconfig are checked, and -o junit is what CI reads", async () => {
  const empty = await mkdtemp(join(home, "empty-"));

  const contexts = await check(["--context", "cluster1", "--context", "cluster2"], empty);
  const junit = await isthmus(empty, lab.kubeconfig, "check", "--context", "cluster1", "-o", "junit");

  expect({ exitCode: contexts.exitCode, found: contexts.found }).toEqual({ exitCode: 0, found: [] });
  expect(junit.exitCode).toBe(0);
  expect(junit.stdout).toMatch(/^<\?xml .*<testsuites? .*<testcase name="cluster1: the API server answers"/s);
});

test("clusters that cannot be reached, each for its own reason, and one that is declared twice", async () => {
  const config = JSON.parse(await readFile(lab.kubeconfig, "utf8"));
  const named = (list: readonly { readonly name: string }[], name: string) =>
    list.findIndex((each) => each.name === name);
  const contextOf = (name: string) => config.contexts[named(config.contexts, name)].context;
  const clusterOf = (name: string) => config.clusters[named(config.clusters, contextOf(name).cluster)].cluster;
  const [first, cluster, others] = [contextOf("cluster1"), clusterOf("cluster1"), clusterOf("cluster2")];
  config.clusters.push(
    { name: "closed", cluster: { ...cluster, server: `${cluster.server.replace(/:\d+$/, "")}:1` } },
    { name: "foreign", cluster: { ...cluster, "certificate-authority-data": others["certificate-authority-data"] } },
  );
  config.users.push({ name: "nobody", user: { token: "not-a-token" } });
  config.contexts.push(
    { name: "closed", context: { ...first, cluster: "closed" } },
    { name: "foreign", context: { ...first, cluster: "foreign" } },
    { name: "nobody", context: { ...first, user: "nobody" } },
    { name: "twin", context: first },
  );
  const kubeconfig = join(home, "kubeconfig-broken");
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const added = ["closed", "foreign", "nobody", "absent"].map((name) => meshCluster(name, "{}")).join("");
  const cwd = await declaredOtherwise((text) => text + added + meshCluster("twin", "{}"));

  const { exitCode, rows, found } = await check(["--category", "api"], cwd, kubeconfig);

  expect({ exitCode, found }).toEqual({
    exitCode: 1,
    found: [
      "- CLUSTER_DECLARED_TWICE",
      "absent KUBECONFIG_INVALID",
      "closed CLUSTER_UNREACHABLE",
      "foreign CLUSTER_CERTIFICATE",
      "nobody CLUSTER_UNAUTHORIZED",
    ],
  });
  expect(rows.find(({ check: each, cluster: of }) => each === "api-version" && of === "closed")).toMatchObject({
    status: "skipped",
    message: "needs api-reachable",
  });
});

test("declarations that do not fit the clusters", async () => {
  const keys = await declaredOtherwise((text) => text);
  await writeFile(join(keys, "root.json"), '{"format": "isthmus-ca-key", "version": 1}');
  await chmod(join(keys, "root.json"), 0o644);
  const node = lab.cluster("cluster2").address;
  const gateway = (spec: string) => `eastWestGateway: {${spec}}`;
  const found = async (change: (text: string) => string) => (await check([], await declaredOtherwise(change))).found;

  expect((await check([], keys)).found).toEqual(["- CA_KEY_FILE_EXPOSED"]);
  expect(await found((text) => text + mesh("{addressPool: 10.96.0.0/20, trustDomain: other.example}"))).toEqual([
    "cluster1 TRUST_DOMAIN_DIFFERS",
    "cluster1 VIP_POOL_OVERLAPS",
    "cluster2 TRUST_DOMAIN_DIFFERS",
    "cluster2 VIP_POOL_OVERLAPS",
  ]);
  expect(await found((text) => text + mesh("{addressPool: 240.240.0.0/20}"))).toEqual(["- VIP_POOL_INVALID"]);
  expect(await found((text) => text + mesh("{istioNamespace: elsewhere}"))).toEqual([
    "- TRUST_ROOT_UNKNOWN",
    "cluster1 ISTIOD_MISSING",
    "cluster2 ISTIOD_MISSING",
  ]);
  expect(await found(clustersWith({ cluster2: gateway("selector: {istio: nobody}") }))).toEqual([
    "cluster2 GATEWAY_MISSING",
  ]);
  expect(await found(clustersWith({ cluster2: gateway("port: 15444") }))).toEqual(["cluster2 GATEWAY_PORT_MISSING"]);
  expect(await found(clustersWith({ cluster2: gateway(`addresses: ["${node}:1"]`) }))).toEqual([
    "cluster2 GATEWAY_UNREACHABLE",
  ]);
  expect(await found(clustersWith({ cluster2: gateway(`addresses: ["${node}:6443"]`) }))).toEqual([
    "cluster2 GATEWAY_HELLO_FAILED",
  ]);
  expect(await found(clustersWith({ cluster1: gateway('addresses: ["10.96.0.50"]') }))).toEqual(
    expect.arrayContaining(["- GATEWAY_ADDRESS_SHADOWED"]),
  );
});

test("accounts that may not read, not write, or not look at something", async () => {
  interface Rule {
    readonly resources?: readonly string[];
  }
  const hiding = (resource: string) => (manifests: readonly KubeObject[]) =>
    manifests.map((manifest) => {
      const { rules } = manifest as { readonly rules?: readonly Rule[] };
      return rules === undefined
        ? manifest
        : { ...manifest, rules: rules.filter(({ resources = [] }) => !resources.includes(resource)) };
    });
  const account = (cluster: string, args: readonly string[], hidden: string) =>
    accountKubeconfig(lab, [cluster], { args, change: hiding(hidden) });

  const readOnly = await account("cluster1", ["--read-only"], "nothing");
  const blind = await account("cluster1", ["--name", "blind"], "pods");
  const narrow = await account("cluster1", ["--name", "narrow", "--namespace", "foo"], "deployments");

  expect((await check([], folder, readOnly)).found).toEqual(["cluster1 WRITE_FORBIDDEN"]);
  expect((await check(["--read-only"], folder, readOnly)).found).toEqual([]);
  expect((await check([], folder, blind)).found).toContain("cluster1 CLUSTER_FORBIDDEN");
  // Everything that is declared for cluster1 is in namespace foo.
  expect((await check([], folder, narrow)).found).toEqual(["cluster1 RIGHTS_PARTIAL"]);
});

test("istiod, injection, namespaces and pods: many breaks at once, each with its code", async () => {
  const setIstiod = async (version: string) => {
    await kubectl("cluster2", ...["-n", "istio-system", "label", "pod", "istiod-1", "--overwrite"], version);
  };
  const webhook = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector";
  const saved = await lab.cluster("cluster1").api.get<KubeObject>(webhook);
  if (saved === undefined) throw new Error("the lab has no injection webhook");
  const meshConfig = await lab
    .cluster("cluster1")
    .api.get<KubeObject>("/api/v1/namespaces/istio-system/configmaps/istio");
  const text = textIn(meshConfig, "mesh");
  const setMesh = (value: string) =>
    kubectl(
      "cluster1",
      ...["-n", "istio-system", "patch", "configmap", "istio", "--type=merge", "-p"],
      JSON.stringify({ data: { mesh: value } }),
    );

  await Promise.all([
    setIstiod("app.kubernetes.io/version=1.19.3"),
    kubectl("cluster1", "label", "namespace", "foo", "istio.io/dataplane-mode=ambient"),
    lab.cluster("cluster1").api.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "injected-before", namespace: "foo" },
      spec: {
        containers: [
          { name: "app", image: "curlimages/curl" },
          { name: "istio-proxy", image: "docker.io/istio/proxyv2:old", env: [{ name: "SECRET_TTL", value: "24h" }] },
        ],
      },
    }),
    kubectl("cluster2", "label", "namespace", "bar", "istio-injection-", "istio.io/rev=canary"),
    kubectl("cluster1", "delete", "mutatingwebhookconfiguration", "istio-sidecar-injector"),
    setMesh(`${text}enableAutoMtls: false\n`.replace("enableAutoMtls: true\n", "")),
    kubectl(
      "cluster1",
      "-n",
      "istio-system",
      "patch",
      "service",
      "istiod",
      "-p",
      '{"spec": {"selector": {"app": "nobody"}}}',
    ),
    ...["cluster1", "cluster2"].map((cluster) =>
      kubectl(cluster, "-n", "istio-system", "set", "env", "deployment/istiod", "CLUSTER_ID=Kubernetes"),
    ),
    patchStatus("cluster2", 0),
    lab.stopPod("cluster2", "istio-system/istio-ingressgateway"),
    lab.apply("cluster1", [
      {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "users", namespace: "foo" },
        spec: {
          hosts: ["httpbin.bar.cluster2"],
          ports: [{ name: "http", number: 80, protocol: "HTTP" }],
          resolution: "DNS",
        },
      },
    ]),
  ]);
  const broken = await waitFor("istiod's Service to have no endpoint", async () => {
    const checked = await check();
    return checked.found.includes("cluster1 ISTIOD_NO_ENDPOINTS") && checked;
  });
  await Promise.all([
    setIstiod("app.kubernetes.io/version=1.27.0"),
    kubectl("cluster1", "label", "namespace", "foo", "istio.io/dataplane-mode-"),
    kubectl("cluster1", "-n", "foo", "delete", "pod", "injected-before", "--force"),
    kubectl("cluster2", "label", "namespace", "bar", "istio-injection=enabled", "istio.io/rev-"),
    lab.apply("cluster1", [
      {
        ...saved,
        metadata: { name: saved.metadata.name, ...(saved.metadata.labels && { labels: saved.metadata.labels }) },
      },
    ]),
    setMesh(text),
    kubectl(
      "cluster1",
      "-n",
      "istio-system",
      "patch",
      "service",
      "istiod",
      "-p",
      '{"spec": {"selector": {"app": "istiod"}}}',
    ),
    ...["cluster1", "cluster2"].map((cluster) =>
      kubectl(cluster, "-n", "istio-system", "set", "env", "deployment/istiod", "CLUSTER_ID-"),
    ),
    patchStatus("cluster2", 1),
    lab.startPod("cluster2", "istio-system/istio-ingressgateway"),
    kubectl("cluster1", "-n", "foo", "delete", "serviceentry", "users"),
  ]);
  const fixed = await check(["--wait", "60s"]);
  await setIstiod("app.kubernetes.io/version-");

  expect(broken.exitCode).toBe(1);
  expect(broken.found).toEqual([
    "- CLUSTER_ID_SHARED",
    "- HOST_CONFLICT",
    "- ISTIO_VERSION_SKEW",
    "cluster1 AMBIENT_UNSUPPORTED",
    "cluster1 AUTO_MTLS_OFF",
    "cluster1 DNS_CAPTURE_OFF",
    "cluster1 INJECTION_WEBHOOK_MISSING",
    "cluster1 ISTIOD_NO_ENDPOINTS",
    "cluster2 GATEWAY_NOT_READY",
    "cluster2 INJECTION_REVISION_UNKNOWN",
    "cluster2 ISTIOD_NOT_READY",
    "cluster2 ISTIO_UNSUPPORTED",
  ]);
  // A warning is not a failure.
  expect(fixed).toMatchObject({ exitCode: 0, found: ["- ISTIO_VERSION_SKEW"] });
});

test("CA certificates that have ended or end soon, a gateway without address, and a kind that is not installed", async () => {
  await lab.stopIstiod("cluster1");
  const path = "/api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert";
  const roots = await lab.cluster("cluster1").api.get<KubeObject>(path);
  const pem = textIn(roots, "root-cert.pem");
  const bundle = [pem, await rootEndingIn(-20), await rootEndingIn(20)].join("\n");
  const setRoots = (text: string) =>
    kubectl(
      "cluster1",
      "-n",
      "istio-system",
      "patch",
      "configmap",
      "istio-ca-root-cert",
      "--type=merge",
      "-p",
      JSON.stringify({ data: { "root-cert.pem": text } }),
    );
  await setRoots(bundle);
  await kubectl(
    "cluster2",
    "-n",
    "istio-system",
    "patch",
    "service",
    "istio-ingressgateway",
    "--type=merge",
    "-p",
    '{"spec": {"type": "ClusterIP", "ports": [{"name": "tls", "port": 15443, "targetPort": 15443}]}}',
  );

  const expiring = await check();
  await setRoots(pem);
  await kubectl("cluster2", "delete", "crd", "workloadentries.networking.istio.io");
  const lacking = await waitFor("the API server to serve no WorkloadEntry", async () => {
    const checked = await check();
    return checked.found.includes("cluster2 KIND_NOT_INSTALLED") && checked;
  });

  expect(expiring.found).toEqual(["cluster1 CA_EXPIRED", "cluster1 CA_EXPIRES_SOON", "cluster2 GATEWAY_NO_ADDRESS"]);
  expect(lacking.found).toEqual(["cluster2 KIND_NOT_INSTALLED"]);
  expect(
    lacking.rows.filter(({ cluster, status }) => cluster === "cluster2" && status === "skipped").length,
  ).toBeGreaterThan(5);
});

/** A value of a ConfigMap. */
function textIn(configMap: KubeObject | undefined, key: string): string {
  const data = (configMap?.data ?? {}) as Readonly<Record<string, string>>;
  return data[key] ?? "";
}

/** A root certificate that ends so many days from now, or has ended. Its key is forgotten. */
async function rootEndingIn(days: number): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const day = 86_400_000;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=root of ${days} days`,
    notBefore: new Date(Date.now() - 100 * day),
    notAfter: new Date(Date.now() + days * day),
    keys,
    signingAlgorithm: algorithm,
  });
  return `${certificate.toString("pem")}\n`;
}
