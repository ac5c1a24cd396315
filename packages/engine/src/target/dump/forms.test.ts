import { spawnSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { DirectoryError } from "../directory/directoryError.ts";
import { DumpTarget } from "./dumpTarget.ts";

type Fields = Readonly<Record<string, unknown>>;

function object(apiVersion: string, kind: string, namespace: string, name: string, more: Fields = {}): Fields {
  const metadata = { name, ...(namespace === "" ? {} : { namespace }), uid: `${kind}-${namespace}-${name}` };
  return { apiVersion, kind, metadata: { ...metadata, resourceVersion: "7" }, ...more };
}

const pod = object("v1", "Pod", "foo", "sleep", { spec: { containers: [{ name: "sleep" }] } });
const secret = object("v1", "Secret", "foo", "key", { data: { key: "aHVudGVyMg==" } });
const cluster = [
  object("v1", "Namespace", "", "foo"),
  object("v1", "Namespace", "", "default"),
  object("v1", "Node", "", "n1"),
];
const workloads = [object("v1", "Service", "default", "kubernetes", { spec: {} }), pod];
const crds = ["virtualservices", "sidecars"].map((plural) =>
  object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", `${plural}.networking.istio.io`),
);
const routes = [object("networking.istio.io/v1", "VirtualService", "foo", "vs", { spec: { hosts: ["a"] } })];
const everything = [...cluster, ...workloads, secret, ...crds, ...routes];
const found = ["Namespace default", "Namespace foo", "Node n1", "Pod sleep", "Service kubernetes", "VirtualService vs"];

const list = (items: readonly Fields[]) => ({
  apiVersion: "v1",
  items,
  kind: "List",
  metadata: { resourceVersion: "" },
});
const asYaml = (items: readonly Fields[]) => stringify(list(items), { indentSeq: false });
const asJson = (items: readonly Fields[]) => JSON.stringify(list(items), undefined, 4);
/** As client-go prints a typed list: its items say neither their kind nor their version. */
const typed = (kind: string, items: readonly Fields[]) =>
  JSON.stringify({
    kind: `${kind}List`,
    apiVersion: "v1",
    metadata: { resourceVersion: "9" },
    items: items.filter((each) => each.kind === kind).map(({ apiVersion: _version, kind: _kind, ...each }) => each),
  });

/** What `istioctl bug-report` writes: tools/bug-report/pkg/content. */
const bugReport = {
  "bug-report/cluster/k8s-resources": asYaml([...workloads, secret]),
  "bug-report/cluster/k8s-cluster-resources": asYaml([...cluster, ...crds]),
  "bug-report/cluster/crs": asYaml(routes),
  "bug-report/cluster/pods": asYaml([]),
  "bug-report/cluster/secrets": "NAMESPACE NAME\nfoo key\n",
  "bug-report/proxies/foo/sleep/config_dump": "{not read",
  "bug-report/versions": "1.28",
};

/** What `oc adm inspect` writes, which must-gather is made of. */
const mustGather = {
  "must-gather/cluster-scoped-resources/core/nodes/n1.yaml": stringify(cluster[2]),
  "must-gather/namespaces/foo/foo.yaml": `---\n${stringify(cluster[0])}`,
  "must-gather/namespaces/foo/core/pods.yaml": stringify(JSON.parse(typed("Pod", everything))),
  "must-gather/namespaces/default/core/services.yaml": stringify(JSON.parse(typed("Service", everything))),
  "must-gather/namespaces/foo/core/events.yaml": "---\napiVersion: v1\nitems: []\nkind: EventList\n",
  "must-gather/namespaces/foo/networking.istio.io/virtualservices/vs.yaml": stringify(routes[0]),
  "must-gather/namespaces/foo/pods/sleep/sleep/logs/current.log": "kind: Pod",
};

const infoDump = {
  "nodes.json": typed("Node", everything),
  "foo/pods.json": typed("Pod", everything),
  "default/services.json": typed("Service", everything),
  "foo/events.json": typed("Event", everything),
  "foo/sleep/logs.txt": "==== START logs for container sleep of pod foo/sleep ====\n",
};

async function temporary(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-forms-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text);
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive as AsyncIterable<Uint8Array>) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 100) yield text.slice(at, at + 100);
}

async function observe(path: string, input = "") {
  const stdin = inPieces(input);
  const target = new DumpTarget({ cluster: "eu", path, istioNamespace: "istio-system", isComplete: false, stdin });
  const { cluster: read, problems } = await target.observe();
  const missing = (read.unreadable ?? []).filter(({ isMissing }) => isMissing === true).map(({ kind }) => kind);
  const names = read.objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  return { names, missing, problems: problems.map(({ code, at }) => `${code} ${at}`), text: JSON.stringify(read) };
}

async function refusal(path: string, input?: string): Promise<string> {
  const error: unknown = await observe(path, input).catch((failure: unknown) => failure);
  if (error instanceof DirectoryError) return `${error.code} ${error.at}: ${error.message}`;
  throw error;
}

/** Defined in the cluster, and none is in the dump. */
const notShown = ["Sidecar"];

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ["YAML of kubectl get", { "all.yaml": asYaml(everything) }, notShown],
  ["JSON of kubectl get", { "all.json": asJson(everything) }, notShown],
  ["a list of lists", { "all.json": JSON.stringify(list([list(cluster), list([...everything])])) }, notShown],
  ["several documents", { "all.yaml": everything.map((each) => stringify(each)).join("---\n") }, notShown],
  ["lists one after the other", { "all.json": asJson(cluster) + asJson(everything) }, notShown],
  ["istioctl bug-report, unpacked", bugReport, []],
])("%s is read, and says what it shows", async (_, files, missing) => {
  const read = await observe(await temporary(files));

  expect(read).toMatchObject({ names: found, missing, problems: [] });
  expect(read.text).not.toContain("aHVudGVyMg");
});

test("an archive of istioctl bug-report shows all kinds that its cluster has", async () => {
  const folder = await temporary({
    "bug-report.tar.gz": gzipSync(await tarOf(bugReport)),
    "bug-report.tar": await tarOf(bugReport),
    // With --dir.
    "short.tar": await tarOf(
      Object.fromEntries(Object.entries(bugReport).map(([name, text]) => [name.replace("bug-report/", ""), text])),
    ),
  });

  for (const name of ["bug-report.tar.gz", "bug-report.tar", "short.tar"]) {
    expect(await observe(join(folder, name))).toMatchObject({ names: found, missing: [], problems: [] });
  }
});

test("an archive that tar has made is read", async () => {
  const folder = await temporary(bugReport);
  spawnSync("tar", ["-czf", "packed.tgz", "bug-report"], { cwd: folder });

  expect(await observe(join(folder, "packed.tgz"))).toMatchObject({ names: found, missing: [] });
});

test("a must-gather is read, folder or archive: typed lists, and a file for each object", async () => {
  const folder = await temporary(mustGather);
  spawnSync("tar", ["-czf", "packed.tar.gz", "must-gather"], { cwd: folder });

  const [unpacked, packed] = [await observe(join(folder, "must-gather")), await observe(join(folder, "packed.tar.gz"))];

  expect(unpacked).toMatchObject({ names: found, problems: [] });
  expect({ ...packed, text: "" }).toEqual({ ...unpacked, text: "" });
  expect(unpacked.missing).toContain("AuthorizationPolicy");
});

test("kubectl cluster-info dump is read, as a folder and as it prints it, and shows nothing of Istio", async () => {
  const { "foo/sleep/logs.txt": log, ...files } = infoDump;
  const printed = `${Object.values(files).join("\n")}\n${log}{"a\n==== END logs for container sleep of pod foo/sleep ====\n`;

  const [folder, stdin] = [await observe(await temporary(infoDump)), await observe("-", printed)];

  expect(folder.names).toEqual(["Namespace default", "Namespace foo", "Node n1", "Pod sleep", "Service kubernetes"]);
  expect({ ...stdin, text: "" }).toEqual({ ...folder, text: "" });
  expect(folder.missing).toContain("VirtualService");
});

test("what Helm prints comes by standard input, with its comments, and is taken as all there is", async () => {
  const printed = `---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {ports: [{port: 80}]}
---
# Source: shop/templates/empty.yaml
---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {selector: {}, template: {metadata: {labels: {app: api}}, spec: {containers: []}}}
`;

  const { names, missing, text } = await observe("-", printed);

  expect(names).toEqual(["Deployment api", "Namespace shop", "Service api"]);
  expect(missing).toEqual([]);
  expect(JSON.parse(text)).toMatchObject({ source: "directory", isTakenAsWhole: true });
});

test("of one object at several moments the last counts", async () => {
  const [old, young] = ["9", "10"].map((resourceVersion, index) => ({
    ...pod,
    metadata: { ...(pod.metadata as Fields), resourceVersion, labels: { at: `${index}` } },
  }));

  for (const files of [{ "a.json": asJson([old ?? {}]), "b.json": asJson([young ?? {}]) }]) {
    const { names, problems, text } = await observe(await temporary(files));

    expect({ names, problems }).toEqual({ names: ["Namespace foo", "Pod sleep"], problems: [] });
    expect(text).toContain('"at":"1"');
  }
});

test("dumps of two clusters in one contradict each other, object by object", async () => {
  const other = { ...pod, metadata: { ...(pod.metadata as Fields), uid: "other", labels: { a: "b" } } };

  const { problems } = await observe(await temporary({ "a.json": asJson([pod]), "b.json": asJson([other]) }));

  expect(problems).toEqual([expect.stringMatching(/^OBJECT_TWICE .*b\.json:4:1/)]);
});

test("a manifest beside a dump is told with its place", async () => {
  const policy =
    "\n\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: foo}\n";

  const { problems, missing } = await observe(await temporary({ "all.yaml": `${asYaml(everything)}---${policy}` }));

  const line = asYaml(everything).split("\n").length + 2;
  expect(problems).toEqual([expect.stringMatching(new RegExp(`^DUMP_MIXED .*all\\.yaml:${line}:1$`))]);
  expect(missing).toEqual(["Sidecar"]);
});

test("what is cut off is refused with its place, whatever it is", async () => {
  const packed = gzipSync(await tarOf(bugReport));
  const tar = await tarOf(bugReport);
  const folder = await temporary({
    "cut.json": asJson(everything).slice(0, -200),
    "cut.yaml": asYaml(everything).slice(0, -100),
    "cut.tar.gz": packed.subarray(0, packed.length - 100),
    "cut.tar": tar.subarray(0, 1200),
    "inside.tar": await tarOf({ "x/cluster/crs": asYaml(routes).slice(0, -60) }),
  });

  expect(await refusal(join(folder, "cut.json"))).toMatch(/^DUMP_INVALID .*cut\.json:\d+:1: ends in the middle/);
  expect(await refusal(join(folder, "cut.yaml"))).toMatch(/^DUMP_INVALID .*cut\.yaml:\d+:1: ends in the middle/);
  expect(await refusal(join(folder, "cut.tar.gz"))).toMatch(/^DUMP_INVALID .*cut\.tar\.gz: cannot be unpacked: /);
  expect(await refusal(join(folder, "cut.tar"))).toMatch(/^DUMP_INVALID .*cut\.tar: cannot be unpacked: /);
  expect(await refusal(join(folder, "inside.tar"))).toMatch(
    /^DUMP_INVALID .*inside\.tar:x\/cluster\/crs:\d+:1: ends in the middle/,
  );
});

test("an archive that is cut between two entries is refused, though each entry in it is whole", async () => {
  const files = { "a.yaml": stringify(pod), "b.yaml": stringify(routes[0]), "c.txt": "x" };
  const tar = await tarOf(files);
  const ends = tar.length - 1024;
  const folder = await temporary({
    "short.tar": tar.subarray(0, ends),
    "short.tar.gz": gzipSync(tar.subarray(0, ends)),
    // One block of zeros says that no entry follows.
    "one.tar": tar.subarray(0, ends + 512),
    // The last block of an entry may be zeros as well.
    "zeros.tar": (await tarOf({ "a.yaml": `${stringify(pod)}`, "b.bin": "\0".repeat(1024) })).subarray(0, -1024),
  });

  for (const name of ["short.tar", "short.tar.gz", "zeros.tar"]) {
    expect(await refusal(join(folder, name))).toBe(
      `DUMP_INVALID ${join(folder, name)}: is truncated: the end of the archive is missing`,
    );
  }
  expect(await observe(join(folder, "one.tar"))).toMatchObject({
    names: ["Namespace foo", "Pod sleep", "VirtualService vs"],
  });
});

test("an archive that is cut within an entry is refused with the entry's name", async () => {
  const tar = await tarOf({ "a.yaml": stringify(pod), "b.yaml": `${stringify(routes[0])}${"# more\n".repeat(600)}` });
  const folder = await temporary({ "cut.tar": tar.subarray(0, 512 + 512 + 512 + 700) });

  expect(await refusal(join(folder, "cut.tar"))).toMatch(/^DUMP_INVALID .*cut\.tar:b\.yaml: cannot be unpacked: /);
});

test("an object that is not of its kind's form is told, also where there is no other", async () => {
  const text = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: A_b}\nspec: {host: h}\n";
  const folder = await temporary({ "a.yaml": text });

  const { problems, text: read } = await observe(folder);

  expect(problems).toEqual([`OBJECT_MALFORMED ${join(folder, "a.yaml")}:3:18`]);
  expect(JSON.parse(read)).toMatchObject({ unreadable: [{ kind: "DestinationRule", name: "A_b" }] });
});

test("a named pipe among the files of a folder is told, and not waited for", async () => {
  const folder = await temporary({ "a.yaml": stringify(pod) });
  spawnSync("mkfifo", [join(folder, "b.yaml")]);

  expect(await refusal(folder)).toMatch(/^DIRECTORY_INVALID .*b\.yaml: .*it is a named pipe, not a file/);
});

test("a place shows no line end and no control character of a name in an archive", async () => {
  const folder = await temporary({ "a.tar": await tarOf({ "x\n\u001b[31m\u0085.yaml": "a: [" }) });

  expect(await refusal(join(folder, "a.tar"))).toContain("a.tar:x\\u000a\\u001b[31m\\u0085.yaml:1:");
});

test("what is not a dump is refused", async () => {
  const folder = await temporary({
    "a.zip": Buffer.from("PK\u0003\u0004".padEnd(600, "x")),
    "empty.yaml": "# nothing\n",
    "values.yaml": "replicas: 3\n",
  });

  expect(await refusal(join(folder, "a.zip"))).toMatch(/^DUMP_INVALID .*a\.zip: is packed by zip/);
  expect(await refusal(join(folder, "empty.yaml"))).toMatch(/holds no object of Kubernetes$/);
  expect(await refusal(join(folder, "values.yaml"))).toMatch(/holds no object of Kubernetes$/);
  expect(await refusal("-", "")).toMatch(/standard input holds no object/);
  expect(await refusal(join(folder, "gone"))).toMatch(/^DIRECTORY_INVALID /);
});

test("an archive with a path that leads out is refused, and links are not followed", async () => {
  const out = await tarOf({ "../../etc/x.yaml": stringify(pod) });
  const folder = await temporary({
    "out.tar": out,
    "b/all.yaml": asYaml(everything),
    "secret.txt": stringify(routes[0]),
  });
  await symlink("../../secret.txt", join(folder, "b", "link.yaml"));
  spawnSync("tar", ["-cf", "links.tar", "b"], { cwd: folder });

  expect(await refusal(join(folder, "out.tar"))).toMatch(
    /^DUMP_INVALID .*out\.tar:\.\.\/\.\.\/etc\/x\.yaml: leads out/,
  );
  expect(await observe(join(folder, "links.tar"))).toMatchObject({ names: found, problems: [] });
});

test("an archive that unpacks to far more than a dump does is refused before it is read", async () => {
  const folder = await temporary({ "bomb.yaml.gz": gzipSync(Buffer.alloc(128 * 1024 ** 2, " \n")) });

  expect(await refusal(join(folder, "bomb.yaml.gz"))).toMatch(/^DUMP_TOO_LARGE .*grows more than 250 times/);
});

test("a Secret that is broken is told without a word of it", async () => {
  const folder = await temporary({});
  const file = join(folder, "all.json");
  await writeFile(file, asJson(everything));
  const broken = (await readFile(file, "utf8")).replace('"aHVudGVyMg=="', 'aHVudGVyMg"');
  await rm(file);
  await appendFile(file, broken);

  const told = await refusal(file);

  expect(told).toMatch(/^DUMP_INVALID /);
  expect(told).not.toContain("aHVudGVyMg");
});
