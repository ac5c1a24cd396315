import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { maxFileLength } from "@isthmus/core";
import { expect, onTestFinished, test } from "vitest";
import { type IntentFilesOptions, readIntentFiles } from "./intentFiles.ts";

const cluster = (name: string, access = "") =>
  `apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: ${name}}\nspec: {access: {${access}}}\n`;
const manifest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: foo}\n";

/** Reads in a folder with these files, gone after the test. */
async function openFolder(files: Readonly<Record<string, string>>) {
  const cwd = await mkdtemp(join(tmpdir(), "isthmus-files-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  return {
    cwd,
    read: (paths: readonly string[], options: IntentFilesOptions = {}) => readIntentFiles(paths, { cwd, ...options }),
  };
}

const names = ({ files }: Awaited<ReturnType<typeof readIntentFiles>>) => files.map(({ name }) => name);

test("files and folders are read, in the order given and by name; hidden and other files are not", async () => {
  const { read } = await openFolder({
    "b.yaml": cluster("b"),
    "folder/a.yml": cluster("a"),
    "folder/deep/c.json": JSON.stringify({
      apiVersion: "isthmus.io/v1alpha1",
      kind: "MeshCluster",
      metadata: { name: "c" },
    }),
    "folder/.hidden.yaml": ": : :",
    "folder/README.md": ": : :",
  });

  const result = await read(["folder/", "b.yaml"], { recursive: true });

  expect(result.problems).toEqual([]);
  expect(names(result)).toEqual(["folder/a.yml", "folder/deep/c.json", "b.yaml"]);
  expect(result.intents?.clusters.map(({ metadata }) => metadata.name)).toEqual(["a", "c", "b"]);
});

test("a file that is given twice, by folder, link or another name, counts once", async () => {
  const { cwd, read } = await openFolder({ "folder/a.yaml": cluster("a") });
  await symlink("folder/a.yaml", join(cwd, "link.yaml"));

  const result = await read(["folder", "folder/a.yaml", "./folder/../folder/a.yaml", "link.yaml", join(cwd, "folder")]);

  expect(result.problems).toEqual([]);
  expect(names(result)).toEqual(["folder/a.yaml"]);
});

test("standard input is read where - stands", async () => {
  const { read } = await openFolder({});

  const result = await read(["-"], { stdin: Readable.from([cluster("a").slice(0, 20), cluster("a").slice(20)]) });

  expect(result.intents?.clusters.map(({ metadata }) => metadata.name)).toEqual(["a"]);
});

test("what cannot be read is reported together with what is wrong in the rest, and nothing else is concluded from it", async () => {
  const { read } = await openFolder({
    "a.yaml":
      "apiVersion: isthmus.io/v1alpha1\nkind: SharedService\nmetadata: {name: x, namespace: y}\nspec: {servedBy: [elsewhere], consumers: [{clusters: [elsewhere]}], oops: 1}\n",
    "large.yaml": "#".repeat(maxFileLength + 1),
  });

  const result = await read(["none.yaml", "a.yaml", "large.yaml", "no/folder"]);

  expect(result.intents).toBeUndefined();
  expect(result.problems.map(({ code, at }) => `${code} ${at}`)).toEqual([
    "FILE_UNREADABLE none.yaml",
    "FILE_UNREADABLE no/folder",
    "FILE_TOO_LARGE large.yaml",
    "FIELD_UNKNOWN a.yaml:4:69",
  ]);
});

test("standard input without an end is too large as soon as it is", async () => {
  const { read } = await openFolder({});
  const endless = async function* () {
    for (;;) yield Buffer.alloc(65_536, "#");
  };

  const { problems } = await read(["-"], { stdin: endless() });

  expect(problems).toMatchObject([{ code: "FILE_TOO_LARGE", at: "-" }]);
});

test("a cluster's directory within a folder is not a declaration, but a file of it that is named is read", async () => {
  const { read } = await openFolder({
    "mesh.yaml": `${cluster("a", "directory: clusters/a")}---\n${cluster("b", "directory: ./clusters/../b")}`,
    "clusters/a/manifest.yaml": manifest,
    "clusters/ab/c.yaml": cluster("c"),
    "b/broken.yaml": ": : :",
  });

  const folder = await read(["."], { recursive: true });
  const named = await read([".", "clusters/a/manifest.yaml"], { recursive: true });

  expect(folder.problems).toEqual([]);
  expect(names(folder)).toEqual(["clusters/ab/c.yaml", "mesh.yaml"]);
  expect(named.problems).toMatchObject([{ code: "KIND_UNKNOWN", at: "clusters/a/manifest.yaml:1:13" }]);
});

test("a CA's key file within a folder is not a declaration, and one that is named is not taken for one", async () => {
  const keyFile = JSON.stringify({ format: "isthmus-ca-key", version: 1 }, undefined, 2);
  const { read } = await openFolder({ "mesh/a.yaml": cluster("a"), "mesh/ca/mesh-root.json": keyFile });

  const options = { recursive: true };
  const [found, named] = [await read(["mesh"], options), await read(["mesh", "mesh/ca/mesh-root.json"], options)];

  expect([names(found), found.problems]).toEqual([["mesh/a.yaml"], []]);
  expect(named.problems.map(({ code }) => code)).toEqual(["FIELD_MISSING", "FIELD_MISSING"]);
});

test("a folder is read without what is below it, named or not, and what was passed over is told", async () => {
  const { read } = await openFolder({
    "mesh.yaml": cluster("a", "directory: clusters/a"),
    "service.yaml": manifest,
    "teams/b/b.yaml": cluster("b"),
    "clusters/a/manifest.yaml": manifest,
    "charts/values.yaml": "a: 1\n",
  });

  const [unnamed, named] = [await read([]), await read(["./"])];

  expect(names(unnamed)).toEqual(["mesh.yaml"]);
  expect(unnamed.passedOver).toEqual({ files: ["service.yaml"], folders: ["teams"] });
  expect([names(named), named.passedOver]).toEqual([names(unnamed), unnamed.passedOver]);
  expect(names(await read(["./"], { recursive: true }))).toEqual(["mesh.yaml", "teams/b/b.yaml"]);
});

test("a folder whose declarations are all below it says how they are read", async () => {
  const { read } = await openFolder({ "teams/b/b.yaml": cluster("b") });

  expect((await read([])).problems).toMatchObject([{ code: "NO_INTENTS", hint: expect.stringContaining("-R") }]);
});

test("a file in UTF-16 is an error, named or found", async () => {
  const { cwd, read } = await openFolder({ "a.yaml": cluster("a") });
  await writeFile(join(cwd, "b.yaml"), Buffer.from(`\uFEFF${cluster("b")}`, "utf16le"));

  const told = [{ code: "FILE_UNREADABLE", at: "b.yaml:1:1" }];
  expect((await read([])).problems).toMatchObject(told);
  expect((await read(["a.yaml", "b.yaml"])).problems).toMatchObject(told);
});

test("a folder without declarations says so", async () => {
  const { read } = await openFolder({ "folder/README.md": "" });

  expect((await read(["folder"])).problems).toMatchObject([{ code: "NO_INTENTS" }]);
});

test("reading ends when it is aborted", async () => {
  const { read } = await openFolder({});
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("enough")), 20);
  const silent = new Readable({ read() {} });

  await expect(read(["-"], { stdin: silent, signal: abort.signal })).rejects.toThrow("enough");
});
