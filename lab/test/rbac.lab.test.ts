import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab, toolPath } from "../src/index.ts";
import { accountKubeconfig } from "./account.ts";
import { ourObjects } from "./clusterState.ts";
import { prepareExample } from "./example.ts";
import { isthmus } from "./isthmus.ts";

/** An account with exactly what `isthmus rbac` prints does all that our commands do, and nothing else. */

const clusters = ["cluster1", "cluster2"];

let home: string;
let folder: string;
let lab: Lab;
let kubeconfig: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-rbac-"));
  lab = await startLab({ home, clusters: 2 });
  folder = await prepareExample(lab, "sleep-httpbin");
  kubeconfig = await accountKubeconfig(lab, clusters);
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function succeed(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await isthmus(folder, kubeconfig, ...args);
  expect({ args, exitCode, stderr }).toMatchObject({ args, exitCode: 0 });
  return stdout + stderr;
}

test("with the account everything works, from init to removal, without a word about rights", async () => {
  const said = [
    await succeed("init", "-f", join(home, "mesh.yaml"), "--context", "cluster1", "--context", "cluster2"),
    await succeed("plan"),
    await succeed("check"),
    await succeed("apply", "--yes"),
    await succeed("verify"),
    await succeed("status"),
    await succeed("check"),
  ];
  await lab.curlUntil("cluster1", "foo/sleep", "http://httpbin.bar.cluster2:8000/headers", 200);
  await rm(join(folder, "httpbin.yaml"));
  said.push(await succeed("apply", "--yes", "--allow-mass-delete"));

  expect(said.join("\n")).not.toContain("FORBIDDEN");
  expect(await Promise.all(clusters.map((cluster) => ourObjects(lab, cluster)))).toEqual([[], []]);
});

test("with --probe the account calls paths, with --doctor it goes into pods; without, verify says so and stays on paper", async () => {
  const url = "http://httpbin.bar.cluster2:8000/headers";
  const declared = await prepareExample(lab, "sleep-httpbin");
  const account = (...args: readonly string[]) => accountKubeconfig(lab, clusters, { args: ["--read-only", ...args] });
  const [prober, doctor] = [
    await account("--probe", "--name", "isthmus-prober"),
    await account("--doctor", "--name", "isthmus-doctor"),
  ];
  await isthmus(declared, lab.kubeconfig, "apply", "--yes");
  await lab.curlUntil("cluster1", "foo/sleep", url, 200);

  const paper = await isthmus(declared, kubeconfig, "verify");
  const must = await isthmus(declared, kubeconfig, "verify", "--probe");
  const called = await isthmus(declared, prober, "verify", "--probe");
  const probed = await isthmus(declared, prober, "probe");
  const inPod = await isthmus(declared, prober, "probe", "--from-pod");
  const doctored = await isthmus(declared, doctor, "doctor", "sleep.foo@cluster1", url);
  const fromPod = await isthmus(declared, doctor, "probe", "--from-pod");

  const forbidden = /○ +wire .*no identity of foo\/sleep: .*[Ff]orbidden/;
  expect([paper.exitCode, must.exitCode]).toEqual([0, 2]);
  expect(paper.stdout).toMatch(forbidden);
  expect(must.stdout).toMatch(forbidden);
  expect(called.exitCode, called.stdout).toBe(0);
  expect(probed.exitCode, probed.stdout).toBe(0);
  expect(inPod).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/call from pod .*[Ff]orbidden/) });
  expect(doctored.exitCode, doctored.stdout).toBe(0);
  expect(fromPod.exitCode, fromPod.stdout).toBe(0);
});

test("only with --ephemeral-container the account adds a container to a pod; without, the refusal is told", async () => {
  const declared = await prepareExample(lab, "sleep-httpbin");
  const account = (...args: readonly string[]) => accountKubeconfig(lab, clusters, { args: ["--read-only", ...args] });
  const doctor = await account("--doctor", "--name", "isthmus-doctor");
  const adder = await account("--ephemeral-container", "--name", "isthmus-adder");
  const metadata = { name: "bare", namespace: "foo", labels: { app: "bare" } };
  const spec = { serviceAccountName: "sleep", containers: [{ name: "app", image: "pause:3.10" }] };
  await lab.apply("cluster1", [{ apiVersion: "v1", kind: "Pod", metadata, spec }]);
  const probe = (config: string) => isthmus(declared, config, "probe", "--ephemeral-container", "--no-negatives");

  const refused = await probe(doctor);
  const added = await probe(adder);
  await lab.remove("cluster1", { apiVersion: "v1", kind: "Pod", name: "bare", namespace: "foo" });

  expect(refused.exitCode, refused.stdout).toBe(2);
  expect(refused.stdout).toMatch(
    /no container can be added to foo\/bare: .*cannot patch resource "pods\/ephemeralcontainers"/,
  );
  expect(added.exitCode, added.stdout).toBe(0);
  expect(added.stdout).toContain("answered 200, asked from container isthmus-probe");
});

test("an account that calls paths gets tokens and a way to istiod for it, and into no pod but istiod's", async () => {
  const user = "system:serviceaccount:istio-system:isthmus-prober";
  const ask = async (verb: string, resource: string, namespace: string) => {
    const [name = "", subresource = ""] = resource.split("/");
    const isAllowed = await mayUser("cluster1", user, { resource: name, subresource, verb, namespace });
    return isAllowed ? [`${verb} ${resource} in ${namespace}`] : [];
  };

  const allowed = await Promise.all(
    ["istio-system", "foo"].flatMap((namespace) =>
      ["serviceaccounts/token", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "secrets"].flatMap(
        (resource) => ["get", "create"].map((verb) => ask(verb, resource, namespace)),
      ),
    ),
  );

  expect(allowed.flat().toSorted()).toEqual([
    "create pods/portforward in istio-system",
    "create serviceaccounts/token in foo",
    "create serviceaccounts/token in istio-system",
    "get pods/portforward in istio-system",
  ]);
});

test("the account may nothing else: no Secret, no other kind, no other verb", async () => {
  const account = "system:serviceaccount:istio-system:isthmus";
  const [allowed, everybody] = await Promise.all([
    allowedTo("cluster1", account),
    allowedTo("cluster1", "system:serviceaccount:istio-system:nobody"),
  ]);

  const networking = [
    "gateways",
    "serviceentries",
    "destinationrules",
    "workloadentries",
    "virtualservices",
    "envoyfilters",
  ];
  const written = [
    "services",
    ...networking.map((each) => `${each}.networking.istio.io`),
    "authorizationpolicies.security.istio.io",
    "requestauthentications.security.istio.io",
    ...["gateways", "httproutes", "tlsroutes"].map((each) => `${each}.gateway.networking.k8s.io`),
    "serviceimports.multicluster.x-k8s.io",
  ];
  const listed = [
    "namespaces",
    "nodes",
    "pods",
    "servicecidrs.networking.k8s.io",
    "sidecars.networking.istio.io",
    "peerauthentications.security.istio.io",
    "serviceexports.multicluster.x-k8s.io",
    "wasmplugins.extensions.istio.io",
    "proxyconfigs.networking.istio.io",
    ...["grpcroutes", "referencegrants", "tcproutes"].map((each) => `${each}.gateway.networking.k8s.io`),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  ];
  expect(allowed.filter((right) => !everybody.includes(right))).toEqual(
    [
      ...written.flatMap((each) => ["create", "delete", "get", "list", "patch"].map((verb) => `${verb} ${each}`)),
      ...listed.map((each) => `list ${each}`),
      ...["deployments.apps", "endpointslices.discovery.k8s.io"].map((each) => `list ${each} in istio-system`),
    ].sort(),
  );
});

test("the API server refuses the account what it may not, and lets it manage cacerts only where that was asked for", async () => {
  const managing = await accountKubeconfig(lab, ["cluster2"], { args: ["--manage-ca", "--name", "ca-manager"] });
  const asAccount = (config: string, ...args: readonly string[]) =>
    execa(toolPath("kubectl"), ["--kubeconfig", config, "--context", "cluster2", ...args], { reject: false });

  const refused = await Promise.all(
    [
      ["get", "secrets", "-A"],
      ["get", "secret", "cacerts", "-n", "istio-system", "-o", "name"],
      ["get", "configmap", "istio-gateway-status-leader", "-n", "istio-system"],
      ["delete", "pod", "--all", "-n", "bar"],
      ["create", "configmap", "mine", "-n", "bar"],
      ["create", "clusterrolebinding", "up", "--clusterrole=cluster-admin", "--serviceaccount=istio-system:isthmus"],
    ].map((args) => asAccount(kubeconfig, ...args)),
  );
  const name = await asAccount(managing, "get", "secret", "cacerts", "-n", "istio-system", "-o", "name");
  const others = await asAccount(managing, "get", "secrets", "-n", "istio-system");
  await asAccount(lab.kubeconfig, "delete", "secret", "cacerts", "-n", "istio-system");
  const apply = (secret: string) =>
    execa(
      toolPath("kubectl"),
      [...["--kubeconfig", managing, "--context", "cluster2"], ...["apply", "--server-side", "-f", "-"]],
      {
        input: JSON.stringify({
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: secret, namespace: "istio-system" },
          stringData: { note: "made by server-side apply" },
        }),
        reject: false,
      },
    );
  const [made, other] = [await apply("cacerts"), await apply("another")];

  expect(refused.map(({ stderr }) => /Forbidden|forbidden/.test(stderr))).toEqual(refused.map(() => true));
  expect([name.stdout, name.exitCode]).toEqual(["secret/cacerts", 0]);
  expect(others.stderr).toContain("forbidden");
  expect([made.exitCode, other.exitCode]).toEqual([0, 1]);
});

/** `verb resource`, with `in istio-system` where only there, of all resources that the API server serves. */
async function allowedTo(cluster: string, user: string): Promise<readonly string[]> {
  const { stdout } = await execa(toolPath("kubectl"), [
    ...["--kubeconfig", lab.kubeconfig, "--context", cluster, "api-resources", "--no-headers", "-o", "name"],
  ]);
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
  const asked = stdout.split("\n").flatMap((name) => verbs.map((verb) => ({ name, verb })));
  const answers = await Promise.all(
    asked.map(async ({ name, verb }) => {
      const [resource = "", ...group] = name.split(".");
      const ask = (namespace: string) => mayUser(cluster, user, { resource, group: group.join("."), verb, namespace });
      if (await ask("")) return [`${verb} ${name}`];
      return (await ask("istio-system")) ? [`${verb} ${name} in istio-system`] : [];
    }),
  );
  return answers.flat().sort();
}

async function mayUser(cluster: string, user: string, resourceAttributes: object): Promise<boolean> {
  const groups = ["system:serviceaccounts", "system:serviceaccounts:istio-system", "system:authenticated"];
  const answer = await lab
    .cluster(cluster)
    .api.post<{ readonly status: { readonly allowed: boolean } }>(
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user, groups, resourceAttributes },
      },
    );
  return answer.status.allowed;
}
