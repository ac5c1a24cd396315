import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitFolder, gitFolder } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { readRange, readState, type State } from "./readState.ts";

const { signal } = new AbortController();

test("a range is what git takes for one, and every other word with dots is a path", async () => {
  const repository = await branched();
  const range = (word: string, path = "sub") => shownRange(repository, word, path);

  expect(await range("HEAD~1..")).toEqual(["HEAD~1:sub", "sub"]);
  expect(await range("HEAD~1..HEAD")).toEqual(["HEAD~1:sub", "HEAD:sub"]);
  expect(await range("..side")).toEqual(["HEAD:sub", "side:sub"]);
  expect(await range("v1.2..v1.3-rc.1")).toEqual(["v1.2:sub", "v1.3-rc.1:sub"]);
  const base = repository.git("rev-parse", "main~1").slice(0, 12);
  expect(await range("main...side")).toEqual([`${base}:sub`, "side:sub"]);
  expect(await range("side...")).toEqual([`${base}:sub`, "sub"]);
  expect(await range("HEAD^{/files}..")).toEqual(["HEAD^{/files}:sub", "sub"]);

  for (const word of ["sub/../sub", "../", "..", ".", "sub", "HEAD:sub/../sub"]) {
    expect(await range(word), word).toBe(undefined);
  }
});

test("a range that git does not have is a mistake, and no option of git", async () => {
  const repository = await branched();
  await repository.commit({ "main..side": "" });

  for (const word of ["no-such..", "HEAD..no-such", "--all..", "../no-such", "main..side"]) {
    await expect(shownRange(repository, word, "sub"), word).rejects.toMatchObject({ problem: { code: "USAGE" } });
  }
  await expect(shownRange(repository, "main..side", "sub")).rejects.toThrow("both a path and something that git has");
});

test("paths are those of the repository, from wherever it is asked", async () => {
  const repository = await branched();
  const inside = join(repository.folder, "sub/deep");
  const paths = async (path: string, cwd = inside) =>
    (await shownRange({ ...repository, folder: cwd }, "HEAD~1..HEAD", path))?.[0];

  expect(await paths(".")).toBe("HEAD~1:sub/deep");
  expect(await paths("../")).toBe("HEAD~1:sub");
  expect(await paths("../../other/x.yaml")).toBe("HEAD~1:other/x.yaml");
  expect(await paths("../..")).toBe("HEAD~1:");
  expect(await paths(join(repository.folder, "sub"))).toBe("HEAD~1:sub");
  expect(await paths(repository.folder)).toBe("HEAD~1:");
  expect(await paths(join(repository.folder, "long-gone/x.yaml"))).toBe("HEAD~1:long-gone/x.yaml");
  expect(await paths("a name..with/..dots")).toBe("HEAD~1:sub/deep/a name..with/..dots");

  const elsewhere = await emptyFolder();
  await symlink(repository.folder, join(elsewhere, "link"));
  expect(await paths(join(elsewhere, "link/sub"))).toBe("HEAD~1:sub");
  for (const path of ["../../..", "../../../x", elsewhere, "/"]) {
    await expect(paths(path), path).rejects.toThrow(`${path} is outside the repository`);
  }
});

test("REV:PATH is from the root, and from where it is asked where the path begins with a dot", async () => {
  const repository = await branched();
  const inside = join(repository.folder, "sub/deep");
  const state = async (word: string, cwd = inside) => shown(await readState(word, { cwd, signal }));

  expect(await state("HEAD~1:sub")).toBe("HEAD~1:sub");
  expect(await state("HEAD:")).toBe("HEAD:");
  expect(await state("HEAD:./x.yaml")).toBe("HEAD:sub/deep/x.yaml");
  expect(await state("HEAD:../../other")).toBe("HEAD:other");
  expect(await state("HEAD:two: words")).toBe("HEAD:two: words");
  expect(await state("HEAD^{/files: and a colon}:sub", inside)).toBe("HEAD^{/files: and a colon}:sub");
  expect(await state("v1.2^{tree}:sub")).toBe("v1.2^{tree}:sub");
  expect(await state("../sub")).toBe("../sub");
  expect(await state("-")).toBe("-");
  expect(await state("a:b", repository.folder)).toBe("a:b");
  await expect(state("no-such:sub")).rejects.toThrow("git has no no-such, and there is no such path");
  await expect(state("HEAD:../../../x")).rejects.toThrow("outside the repository");
});

test("a shallow clone says how it gets what it lacks", async () => {
  const repository = await branched();
  const folder = join(await emptyFolder(), "clone");
  execFileSync("git", ["clone", "-q", "--depth=1", "--no-single-branch", `file://${repository.folder}`, folder]);
  const range = (word: string) => readRange(word, ".", { cwd: folder, signal });

  expect((await range("HEAD.."))?.map(shown)).toEqual(["HEAD:", "."]);
  const hint = expect.stringContaining("git fetch --unshallow");
  await expect(range("HEAD~1..")).rejects.toMatchObject({ problem: { code: "USAGE", hint } });
  await expect(range("HEAD...origin/side")).rejects.toMatchObject({ problem: { code: "USAGE", hint } });
});

test("a bare repository has revisions, and a folder without a repository has paths", async () => {
  const repository = await branched();
  const [bare, plain] = [join(await emptyFolder(), "bare"), await emptyFolder()];
  execFileSync("git", ["clone", "-q", "--bare", repository.folder, bare]);
  await mkdir(join(plain, "old..new"));

  expect((await readRange("HEAD~1..HEAD", "sub", { cwd: bare, signal }))?.map(shown)).toEqual([
    "HEAD~1:sub",
    "HEAD:sub",
  ]);
  expect(await readRange("old..new", ".", { cwd: plain, signal })).toBe(undefined);
  await expect(readRange("HEAD..", ".", { cwd: plain, signal })).rejects.toThrow("not a git repository");
});

/** `main` and `side`, a commit each after their common one; tags with dots; a file whose name looks like `REV:PATH`. */
async function branched(): Promise<GitFolder> {
  const repository = await gitFolder();
  await repository.commit({ "sub/deep/x.yaml": "1", "other/x.yaml": "1", "a:b": "1" });
  repository.git("commit", "-q", "--allow-empty", "-m", "files: and a colon");
  repository.git("tag", "v1.2");
  repository.git("checkout", "-q", "-b", "side");
  await repository.commit({ "sub/deep/x.yaml": "2" });
  repository.git("tag", "v1.3-rc.1");
  repository.git("checkout", "-q", "main");
  await repository.commit({ "sub/deep/x.yaml": "3" });
  return repository;
}

async function shownRange({ folder }: GitFolder, word: string, path: string) {
  return (await readRange(word, path, { cwd: folder, signal }))?.map(shown);
}

function shown(state: State): string {
  return "path" in state ? state.path : `${state.revision.name}:${state.revision.path}`;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "isthmus-git-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
