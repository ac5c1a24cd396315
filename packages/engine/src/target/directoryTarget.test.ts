import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type KubeObject, type MeshError, ownershipLabels, refOf } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { expect, onTestFinished, test } from "vitest";
import { DirectoryError } from "./directory/directoryError.ts";
import { DirectoryTarget } from "./directoryTarget.ts";

const owner = "SharedService.bar.httpbin";

/** A directory with these files, gone after the test. */
async function openDirectory(files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "isthmus-directory-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  const target = new DirectoryTarget({ cluster: "c1", directory, istioNamespace: "istio-system" });
  return {
    directory,
    target,
    read: (name: string) => readFile(join(directory, name), "utf8"),
    put: (name: string, text: string) => writeFile(join(directory, name), text),
    names: async () => (await readdir(directory, { recursive: true })).sort(),
    find: async (kind: string, name: string) => {
      const { cluster } = await target.observe();
      return cluster.objects.find((object) => object.kind === kind && object.metadata.name === name);
    },
  };
}

function serviceEntry(spec: Readonly<Record<string, unknown>> = { hosts: ["httpbin.bar.c2"] }): KubeObject {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "httpbin", namespace: "foo", labels: ownershipLabels(owner, "consumer") },
    spec,
  };
}

function action(verb: Action["verb"], object: KubeObject, live?: KubeObject): Action {
  const { uid = "", resourceVersion = "" } = live?.metadata ?? {};
  return {
    verb,
    cluster: "c1",
    ref: refOf(object),
    owner,
    side: "consumer",
    phase: 2,
    changes: [],
    ...(verb === "delete" ? {} : { desired: object }),
    ...(live === undefined ? {} : { live: { uid, resourceVersion } }),
  };
}

async function problemsOf(run: Promise<unknown>) {
  const error: unknown = await run.catch((failure: unknown) => failure);
  if (error instanceof DirectoryError) return error.problems;
  throw error;
}

const fooNamespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: foo\n";

const ownText = `# keep: file
apiVersion: v1
kind: ConfigMap
metadata: {name: theirs,   namespace: foo}
---
# keep: object
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: httpbin
  namespace: foo
  labels:
    app.kubernetes.io/managed-by: isthmus
    isthmus.io/owner: SharedService.bar.httpbin
    isthmus.io/side: consumer
spec:
  hosts:
    - old.bar.c2 # keep: field
  resolution: DNS
---
a:   [1,2] # keep: no manifest
`;

test("manifests are read from any layout: nested, several documents, List, JSON; other YAML is left alone", async () => {
  const { target } = await openDirectory({
    "apps/a.yaml":
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n---\n---\nvalues: 1\n",
    "b.yml":
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b, namespace: x}, spec: {}}\n- {apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
    "c.json":
      '{\n\t"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"}, "spec": {"template": {"spec": {}}}}',
    "kustomization.yaml": "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n",
    "README.md": ": not yaml",
    ".github/workflow.yaml": ": : :",
  });

  const { cluster, problems } = await target.observe();

  expect(problems).toEqual([]);
  expect(cluster).toMatchObject({ name: "c1", source: "directory" });
  expect(cluster.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? "-"}/${metadata.name}`)).toEqual([
    "Namespace -/default",
    "Namespace -/x",
    "Service default/a",
    "Service x/b",
    "Deployment default/c",
  ]);
});

test("the roots that the mesh trusts are read from istiod's ConfigMap", async () => {
  const directory = join(import.meta.dirname, "../../../../examples/sleep-httpbin/clusters/cluster2");
  const target = new DirectoryTarget({ cluster: "c2", directory, istioNamespace: "istio-system" });

  const { cluster } = await target.observe();

  expect(cluster.trustRoots).toEqual([
    {
      fingerprint: "525bebe0ed456076000d703a817aaa850377f812f572d49c27bd243888892792",
      subject: "O=Isthmus example, CN=Root CA",
      notAfter: "2036-11-21T08:42:34.000Z",
      pem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/),
    },
  ]);
});

test("istiod's settings are read from its ConfigMap, of any other ConfigMap nothing", async () => {
  const settings = (name: string, mode: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: istio-system}\ndata:\n  mesh: |\n    outboundTrafficPolicy: {mode: ${mode}}\n`;
  const { target } = await openDirectory({
    "istio.yaml": settings("istio", "REGISTRY_ONLY"),
    "other.yaml": settings("other", "ALLOW_ANY"),
  });

  const { cluster } = await target.observe();

  expect(cluster.meshConfig).toMatchObject({ outboundTrafficPolicy: "REGISTRY_ONLY", enableAutoMtls: true });
  expect(cluster.objects.map(({ kind }) => kind)).not.toContain("ConfigMap");
});

test("an object that is not of its kind's form is told at its field, and left out; everything else is read", async () => {
  const { target, directory } = await openDirectory({
    "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: 80\n",
    "b.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: foo}\n---\nkind: Service\n",
    "c.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: x, labels: {a: b, a: c}}\nspec: {}\n",
    "d.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: foo}\n---\nkind: [values, of, a, chart]\n",
    "e.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: foo, labels: {istio-injection: enabled}}\n",
  });

  const { cluster, problems } = await target.observe();

  expect(
    problems.map(({ code, at, message }) => [code, at.slice(directory.length + 1), message.split(":")[0]]),
  ).toEqual([
    ["OBJECT_MALFORMED", "a.yaml:5:10", "Service default/a is left out, as it is not of its kind's form"],
    ["OBJECT_MALFORMED", "b.yaml:5:1", "Service without a name is left out, as it is not of its kind's form"],
    ["OBJECT_MALFORMED", "c.yaml:1:1", "Pod x/p is left out, as it is not of its kind's form"],
    ["OBJECT_MALFORMED", "d.yaml:5:1", "object without a name is left out, as it is not of its kind's form"],
    ["OBJECT_TWICE", "d.yaml:1:1", expect.stringMatching(/^Namespace foo is there twice; first at /)],
    ["OBJECT_TWICE", "e.yaml:1:1", expect.stringMatching(/^Namespace foo is there twice; first at /)],
  ]);
  expect(cluster.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    "Namespace default",
    "Namespace x",
  ]);
  expect(cluster.unreadable?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "Service a",
    "Service undefined",
    "Pod p",
    "object undefined",
    "Namespace foo",
  ]);
});

test("the same object twice, word by word, counts once", async () => {
  const { target } = await openDirectory({ "a.yaml": fooNamespace, "b.yaml": fooNamespace });

  const { cluster, problems } = await target.observe();

  expect(problems).toEqual([]);
  expect(cluster.objects).toHaveLength(1);
});

test("keys that are numbers and an object without spec are read as kubectl and the API server take them", async () => {
  const policy = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {namespace: shop, name: ";
  const { target } = await openDirectory({
    "a.yaml": `${policy}a}\nspec: {selector: {matchLabels: {app: a}}, portLevelMtls: {8080: {mode: STRICT}}}\n---\n${policy}b}\nspec:\n`,
  });

  const { cluster, problems } = await target.observe();

  expect(problems).toEqual([]);
  expect(cluster.objects.flatMap(({ kind, spec }) => (kind === "PeerAuthentication" ? [spec] : []))).toEqual([
    { selector: { matchLabels: { app: "a" } }, portLevelMtls: { "8080": { mode: "STRICT" } } },
    {},
  ]);
});

test("a file of which nobody can say what it holds takes the whole directory's word away", async () => {
  const { target, directory } = await openDirectory({
    "a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: 80}\n",
    "b.yaml": "x: [\n",
  });

  const problems = await problemsOf(target.observe());

  expect(problems.map(({ code, at, message }) => [code, at.slice(directory.length + 1), message])).toEqual([
    ["DIRECTORY_INVALID", "b.yaml:2:1", expect.stringContaining("not valid YAML")],
    ["OBJECT_MALFORMED", "a.yaml:4:15", expect.stringContaining("spec.ports must be a list")],
  ]);
});

test("an object that was broken since the plan was made is neither changed nor taken for deleted", async () => {
  const { target, put, read, find } = await openDirectory({ "a.yaml": ownText });
  const live = await find("ServiceEntry", "httpbin");
  const broken = ownText.replace("hosts:", "hosts: nowhere\n  addresses:");
  await put("a.yaml", broken);

  await expect(target.write(action("delete", serviceEntry(), live))).rejects.toMatchObject({ code: "PLAN_STALE" });
  await expect(target.write(action("update", serviceEntry(), live))).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(await read("a.yaml")).toBe(broken);
});

test("a directory that is missing, or a file, is a problem that names it", async () => {
  const { directory } = await openDirectory({ "file.yaml": "" });
  const observe = (name: string) =>
    new DirectoryTarget({ cluster: "c1", directory: join(directory, name), istioNamespace: "istio-system" }).observe();

  expect(await problemsOf(observe("none"))).toMatchObject([{ code: "DIRECTORY_INVALID", at: join(directory, "none") }]);
  expect(await problemsOf(observe("file.yaml"))).toMatchObject([{ code: "DIRECTORY_INVALID" }]);
});

test("links are followed within the directory only, and a file that two names lead to is read once", async () => {
  const outside = await openDirectory({ "secret.yaml": ": : :" });
  const { target, directory } = await openDirectory({ "real/a.yaml": fooNamespace });
  await symlink(join(outside.directory, "secret.yaml"), join(directory, "out.yaml"));
  await symlink(outside.directory, join(directory, "outside"));
  await symlink("real", join(directory, "again"));
  await symlink("..", join(directory, "real", "loop"));
  await symlink("nowhere", join(directory, "broken.yaml"));

  const { cluster } = await target.observe();

  expect(cluster.objects).toMatchObject([{ kind: "Namespace", metadata: { name: "foo" } }]);
});

test("a created object is a file of its own that reads back as it is", async () => {
  const { target, names, read, find } = await openDirectory({ "foo.yaml": fooNamespace });
  const created = serviceEntry({ hosts: ["no", "a.b"], ports: [{ number: 80, name: "http" }] });

  await target.write(action("create", created));

  expect(await names()).toEqual(["foo.yaml", "isthmus", "isthmus/serviceentry.foo.httpbin.yaml"]);
  expect(await read("isthmus/serviceentry.foo.httpbin.yaml")).toBe(
    `# Written by isthmus for SharedService.bar.httpbin: change that, not this file.

apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: httpbin
  namespace: foo
  labels:
    app.kubernetes.io/managed-by: isthmus
    isthmus.io/owner: SharedService.bar.httpbin
    isthmus.io/side: consumer
spec:
  hosts:
    - "no"
    - a.b
  ports:
    - name: http
      number: 80
`,
  );
  expect(await find("ServiceEntry", "httpbin")).toMatchObject(created);
});

test("an object that the user moved is changed where it is, all else stays byte for byte", async () => {
  const { target, read, names, find } = await openDirectory({ "foo.yaml": fooNamespace, "mine/all.yaml": ownText });
  const live = await find("ServiceEntry", "httpbin");

  await target.write(action("update", serviceEntry({ hosts: ["httpbin.bar.c2"], location: "MESH_INTERNAL" }), live));

  expect(await names()).toEqual(["foo.yaml", "mine", "mine/all.yaml"]);
  expect(await read("mine/all.yaml")).toBe(
    ownText.replace("old.bar.c2", "httpbin.bar.c2").replace("resolution: DNS", "location: MESH_INTERNAL"),
  );
});

test("an object is taken out of a file with others, and out of a List", async () => {
  const item = JSON.stringify({ ...serviceEntry(), metadata: { ...serviceEntry().metadata, name: "other" } });
  const { target, read, find } = await openDirectory({
    "all.yaml": ownText,
    "list.json": `{"apiVersion": "v1", "kind": "List", "items": [${item}, ${fooJson}]}`,
  });
  const [first, second] = [await find("ServiceEntry", "httpbin"), await find("ServiceEntry", "other")];
  if (first === undefined || second === undefined) throw new Error("not read");

  await target.write(action("delete", first, first));
  await target.write(action("delete", second, second));

  const [before, , after] = ownText.split("---\n");
  expect(await read("all.yaml")).toBe(`${before}---\n${after}`);
  expect(JSON.parse(await read("list.json"))).toEqual({ apiVersion: "v1", kind: "List", items: [JSON.parse(fooJson)] });
});

const fooJson = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "foo"}}';

test("with the last object its file goes, and our folder once it is empty", async () => {
  const { target, names, find } = await openDirectory({ "foo.yaml": fooNamespace });
  await target.write(action("create", serviceEntry()));
  const live = await find("ServiceEntry", "httpbin");

  await target.write(action("delete", serviceEntry(), live));
  await target.write(action("delete", serviceEntry(), live));

  expect(await names()).toEqual(["foo.yaml"]);
});

test("a dry run finds what is wrong and writes nothing", async () => {
  const { target, names } = await openDirectory({ "foo.yaml": fooNamespace });

  await target.write(action("create", serviceEntry()), { dryRun: true });

  expect(await names()).toEqual(["foo.yaml"]);
  const elsewhere = { ...serviceEntry(), metadata: { ...serviceEntry().metadata, namespace: "nowhere" } };
  await expect(target.write(action("create", elsewhere), { dryRun: true })).rejects.toMatchObject({
    code: "NAMESPACE_MISSING",
  });
});

test.each([
  ["our folder is a link out of the directory", (folder: string, out: string) => symlink(out, join(folder, "isthmus"))],
  [
    "our folder is a link to nowhere",
    (folder: string, out: string) => symlink(join(out, "no"), join(folder, "isthmus")),
  ],
  ["our folder is a file", (folder: string) => writeFile(join(folder, "isthmus"), "")],
  ["our folder is a link to a file", (folder: string) => symlink("foo.yaml", join(folder, "isthmus"))],
  [
    "the file is there and holds something else",
    async (folder: string) => {
      await mkdir(join(folder, "isthmus"));
      await writeFile(join(folder, "isthmus/serviceentry.foo.httpbin.yaml"), "# empty\n");
    },
  ],
])("a dry run refuses what would be refused: %s", async (_what, spoil) => {
  const { directory, target, names } = await openDirectory({ "foo.yaml": fooNamespace });
  const { directory: out } = await openDirectory({});
  await spoil(directory, out);
  const before = await names();

  const codes: unknown[] = [];
  for (const dryRun of [true, false]) {
    const write = target.write(action("create", serviceEntry()), { dryRun });
    codes.push(
      await write.then(
        () => "written",
        (error: unknown) => (error as MeshError).code,
      ),
    );
  }

  expect(codes).toEqual(["WRITE_FAILED", "WRITE_FAILED"]);
  expect(await names()).toEqual(before);
  expect(await readdir(out)).toEqual([]);
});

test("what changed since the plan was made is refused, unless it is as wanted already", async () => {
  const { target, read, put, find } = await openDirectory({ "foo.yaml": fooNamespace, "mine.yaml": ownText });
  const live = await find("ServiceEntry", "httpbin");
  const edited = ownText.replace("old.bar", "edited.bar");
  await put("mine.yaml", edited);

  const [update, removal] = [action("update", serviceEntry(), live), action("delete", serviceEntry(), live)];

  await expect(target.write(update)).rejects.toMatchObject({ code: "PLAN_STALE" });
  await expect(target.write(removal)).rejects.toMatchObject({ code: "PLAN_STALE" });
  expect(await read("mine.yaml")).toBe(edited);
  await put("mine.yaml", ownText.replace("old.bar", "httpbin.bar").replace("  resolution: DNS\n", ""));
  await target.write(update);
});

test("a foreign object of the same name is not taken over, nor deleted", async () => {
  const foreign = ownText.replace(/ {2}labels:\n( {4}.*\n)+/, "");
  const { target, read, find } = await openDirectory({ "foo.yaml": fooNamespace, "theirs.yaml": foreign });
  const live = await find("ServiceEntry", "httpbin");

  await expect(target.write(action("create", serviceEntry()))).rejects.toMatchObject({ code: "OBJECT_NOT_OURS" });
  await expect(target.write(action("delete", serviceEntry(), live))).rejects.toMatchObject({ code: "OBJECT_NOT_OURS" });
  expect(await read("theirs.yaml")).toBe(foreign);
});

test("names that would leave the directory are refused, and so is a folder that is a link out of it", async () => {
  const outside = await openDirectory({});
  const { target, directory } = await openDirectory({ "foo.yaml": fooNamespace });
  const escaping = { ...serviceEntry(), metadata: { ...serviceEntry().metadata, name: "../../evil" } };
  await symlink(outside.directory, join(directory, "isthmus"));

  await expect(target.write(action("create", escaping))).rejects.toMatchObject({ code: "OBJECT_REFUSED" });
  await expect(target.write(action("create", serviceEntry()))).rejects.toMatchObject({ code: "WRITE_FAILED" });
  expect(await outside.names()).toEqual([]);
});

test("writes at the same time to one file lose nothing", async () => {
  const objects = Array.from({ length: 20 }, (_, index) => ({
    ...serviceEntry({ hosts: ["old"] }),
    metadata: { ...serviceEntry().metadata, name: `entry-${index}` },
  }));
  const { target } = await openDirectory({
    "foo.yaml": fooNamespace,
    "all.yaml": objects.map((object) => JSON.stringify(object)).join("\n---\n"),
  });
  const { cluster } = await target.observe();
  const live = cluster.objects.filter(({ kind }) => kind === "ServiceEntry");

  await Promise.all(
    live.map((object, index) =>
      target.write(action("update", { ...(objects[index] as KubeObject), spec: { hosts: ["new"] } }, object)),
    ),
  );

  const after = (await target.observe()).cluster.objects.filter(({ kind }) => kind === "ServiceEntry");
  expect(after.map(({ spec }) => spec)).toEqual(objects.map(() => ({ hosts: ["new"] })));
});

test("a reading that is aborted ends with the signal's reason", async () => {
  const { target } = await openDirectory({ "foo.yaml": fooNamespace });

  await expect(target.observe({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});
