import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { MeshError, showPlace } from "@isthmus/core";
import { type GitFolder, gitFolder } from "@isthmus/testkit";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { dumpEntries, mayHoldObjects } from "../target/dump/dumpEntries.ts";
import type { Revision } from "./revision.ts";
import { revisionFiles } from "./revisionFiles.ts";

const { signal } = new AbortController();

test("a folder at a revision holds what its work tree held: any names, and links that stay in it", async () => {
  const repository = await gitFolder();
  const { folder } = repository;
  await mkdir(join(folder, "all/deep/er"), { recursive: true });
  const link = (at: string, to: string) => symlink(to, join(folder, "all", at));
  await link("a link.yaml", "deep/er/x.yaml");
  await link("deep/to-text.yaml", "../notes.txt");
  await link("deep/up", "..");
  await link("deep/whole", "er/");
  await link("by-two.yaml", "a link.yaml");
  await link("circle.yaml", "circle.yaml");
  await link("nowhere.yaml", "gone/x.yaml");
  await link("through-a-file.yaml", "notes.txt/x.yaml");
  await link("out.yaml", "../beside.yaml");
  await link("out-and-back.yaml", "../all/deep/er/y.yaml");
  await link("absolute.yaml", "/etc/hosts");
  await repository.commit({
    "beside.yaml": "outside: true",
    "all/two words.yaml": "a",
    "all/line\nbreak.yml": "b",
    "all/ünïcode – 名.json": "c",
    'all/"quoted"\t.yaml': "d",
    "all/-dash.yaml": "e",
    "all/deep/er/x.yaml": "f",
    "all/deep/er/y.yaml": "f",
    "all/deep/.hidden/x.yaml": "no",
    "all/.hidden.yaml": "no",
    "all/notes.txt": "g",
    "all/README.md": "no",
    "all/cluster/crs": "h",
    "all/empty.yaml": "",
  });

  const expected = await entriesOf(dumpEntries(join(folder, "all"), { stdin: nothing(), signal }), (name) =>
    relative(folder, name),
  );
  expect(expected.length).toBe(10);
  expect(await filesOf(repository, "all")).toEqual(expected);
});

test("no attribute of a repository changes or hides what it holds at a revision", async () => {
  const repository = await gitFolder();
  const text = "id: $Format:%H$ $Id$\nnext: line\n";
  const hostile = "* export-ignore export-subst ident text eol=crlf filter=evil working-tree-encoding=UTF-16\n";
  await repository.commit({ "all/x.yaml": text, "all/.gitattributes": "x.yaml -diff export-ignore\n" });
  // Past git's own reading of attributes, which would refuse the encoding.
  await writeFile(join(repository.folder, ".git/hostile"), hostile);
  const id = repository.git("hash-object", "-w", "--no-filters", ".git/hostile");
  repository.git("update-index", "--add", "--cacheinfo", `100644,${id},.gitattributes`);
  repository.git("commit", "-qm", "attributes");
  await writeFile(join(repository.folder, ".gitattributes"), hostile);

  expect(await filesOf(repository, "all")).toEqual([["all/x.yaml", text]]);
});

test("what is named is found through links, and refused where they lead out, in a circle or to nothing", async () => {
  const repository = await gitFolder();
  const { folder } = repository;
  await symlink("env/prod", join(folder, "current"));
  await mkdir(join(folder, "env/prod"), { recursive: true });
  await symlink("../../base", join(folder, "env/prod/base"));
  await symlink("../elsewhere", join(folder, "out"));
  await symlink("b", join(folder, "a"));
  await symlink("a", join(folder, "b"));
  await repository.commit({ "base/x.yaml": "x", "env/prod/y.yaml": "y" });

  expect(await filesOf(repository, "current")).toEqual([["current/y.yaml", "y"]]);
  expect(await filesOf(repository, "current/base/")).toEqual([["current/base/x.yaml", "x"]]);
  expect(await filesOf(repository, "current/base/x.yaml")).toEqual([["current/base/x.yaml", "x"]]);
  expect(await refusal(repository, "out")).toBe("HEAD:out: a link leads out of the repository");
  expect(await refusal(repository, "a")).toBe("HEAD:a: links lead in a circle");
  expect(await refusal(repository, "base/z.yaml")).toMatch("HEAD:base/z.yaml: git has no such file or folder");
});

test("what is in another repository or in Git LFS is refused, and not taken for nothing", async () => {
  const repository = await gitFolder();
  await repository.commit({
    "lfs/x.yaml": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
    "plain/x.yaml": "x",
  });
  const commit = repository.git("rev-parse", "HEAD");
  repository.git("update-index", "--add", "--cacheinfo", `160000,${commit},modules/charts`);
  repository.git("commit", "-qm", "module");

  expect(await refusal(repository, "modules")).toMatch("HEAD:modules/charts: is a submodule");
  expect(await refusal(repository, "modules/charts/deeper")).toMatch("is a submodule");
  expect(await refusal(repository, "lfs")).toMatch("HEAD:lfs/x.yaml: is kept in Git LFS");
  expect(await filesOf(repository, "plain")).toEqual([["plain/x.yaml", "x"]]);
});

test("an archive at a revision is unpacked, and a file larger than what git gives out at a time is whole", async () => {
  const repository = await gitFolder();
  const archive = pack();
  archive.entry({ name: "dump/services.yaml" }, "kind: ServiceList");
  archive.finalize();
  const packed = gzipSync(await buffer(archive as AsyncIterable<Buffer>));
  await writeFile(join(repository.folder, "dump.tar.gz"), packed);
  const large = "x: 0123456789\n".repeat(100_000);
  await repository.commit({ "all/large.yaml": large, "all/next.yaml": "next" });

  const options = { stdin: nothing(), signal, revision: revisionOf(repository, "dump.tar.gz") };
  expect(await entriesOf(dumpEntries("shown", options))).toEqual([
    ["HEAD:dump.tar.gz:dump/services.yaml", "kind: ServiceList"],
  ]);
  expect(await filesOf(repository, "all")).toEqual([
    ["all/large.yaml", large],
    ["all/next.yaml", "next"],
  ]);
});

test("a file that the clone lacks is an error at its revision", async () => {
  const repository = await gitFolder();
  await repository.commit({ "all/x.yaml": "x" });
  const id = repository.git("rev-parse", "HEAD:all/x.yaml");
  await rm(join(repository.folder, ".git/objects", id.slice(0, 2), id.slice(2)));

  expect(await refusal(repository, "all")).toMatch("HEAD:all/x.yaml: this clone does not have");
});

test("a signal stops the reading", async () => {
  const repository = await gitFolder();
  await repository.commit({ "all/x.yaml": "x" });
  const stop = new AbortController();
  const files = revisionFiles(revisionOf(repository, "all"), { isManifest: mayHoldObjects, signal: stop.signal });
  stop.abort(new Error("enough"));

  await expect(files.next()).rejects.toThrow("enough");
});

function revisionOf({ folder, git }: GitFolder, path: string): Revision {
  return { name: "HEAD", tree: git("rev-parse", "HEAD^{tree}"), path, cwd: folder };
}

/** Each with its text. */
function filesOf(repository: GitFolder, path: string): Promise<readonly [string, string][]> {
  const files = revisionFiles(revisionOf(repository, path), { isManifest: mayHoldObjects, signal });
  return entriesOf(files, (name) => name.replace("HEAD:", "").replace("//", "/"));
}

/** Place and message of the DIRECTORY_INVALID that its reading ends in. */
async function refusal(repository: GitFolder, path: string): Promise<string> {
  const error = await filesOf(repository, path).catch((thrown: unknown) => thrown);
  if (!(error instanceof MeshError) || error.problem.code !== "DIRECTORY_INVALID") throw error;
  return `${showPlace(error.problem.place)}: ${error.message}`;
}

async function entriesOf(
  entries: AsyncIterable<{ readonly name: string; readonly bytes: AsyncIterable<Uint8Array> }>,
  nameOf = (name: string) => name,
): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { name, bytes } of entries) {
    found.push([nameOf(name), (await buffer(bytes)).toString()]);
  }
  return found;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
