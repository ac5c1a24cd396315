import { lstat } from "node:fs/promises";
import { isAbsolute, posix, relative, resolve, sep } from "node:path";
import { type MeshError, say, usage } from "@isthmus/core";
import { realOf } from "../realOf.ts";
import type { Revision } from "./revision.ts";
import { GitError, type GitOptions, runGit } from "./runGit.ts";

/** A folder or file as it is, or as git has it. */
export type State = { readonly path: string } | { readonly revision: Revision };

/**
 * The two states that a range names for a path: `A..B`, and `A...B` from where B left A, as `git diff` has them. Without A it is from
 * HEAD, without B up to the work tree. Undefined where git has no such range, so that the word is something else: `sub/../other`.
 * Throws USAGE.
 */
export async function readRange(
  word: string,
  path: string,
  options: GitOptions,
): Promise<readonly [State, State] | undefined> {
  const [, from = "", dots = "", to = ""] = /^(.*?)(\.{2,3})(.*)$/s.exec(word) ?? [];
  if (from === "" && to === "") return undefined;
  const ends = [from, to].map((end) => (end === "" ? "HEAD" : end));
  const commits = await Promise.all(ends.map((end) => idOf(`${end}^{commit}`, options)));
  const [before, after] = commits;
  if (before instanceof GitError || after instanceof GitError || before === undefined || after === undefined) {
    if (from.includes(":") || (await isThere(word, options))) return undefined;
    throw await unknownRevision(word, commits.find((each) => each instanceof GitError) ?? "", options);
  }
  await refuseBoth(word, options);
  const at = await inRepository(path, options);
  const state = async (name: string, commit: string): Promise<State> => ({
    revision: { name, tree: await treeOf(commit, options), path: at, cwd: options.cwd },
  });
  const base = dots === "..." ? await mergeBase(word, [before, after], options) : undefined;
  return [
    base === undefined ? await state(ends[0] ?? "", before) : await state(base.slice(0, shownDigits), base),
    to === "" ? { path } : await state(to, after),
  ];
}

const shownDigits = 12;

/** What a word names: a path as it is, or `REV:PATH` as git has it, from the root of the repository unless PATH begins with a dot. Throws USAGE. */
export async function readState(word: string, options: GitOptions): Promise<State> {
  // A colon in braces belongs to the revision: `HEAD^{/fix: a}`.
  const [, name, path] = /^((?:[^:{]|\{[^}]*\})+):(.*)$/s.exec(word) ?? [];
  if (name === undefined || path === undefined) return { path: word };
  const tree = await idOf(`${name}^{tree}`, options);
  if (tree instanceof GitError) {
    if (await isThere(word, options)) return { path: word };
    throw await unknownRevision(name, tree, options);
  }
  await refuseBoth(word, options);
  const at = /^\.\.?(\/|$)/.test(path) ? await inRepository(path, options) : path;
  return { revision: { name, tree, path: at, cwd: options.cwd } };
}

async function idOf(name: string, options: GitOptions): Promise<string | GitError> {
  try {
    return String(await runGit(["rev-parse", "--verify", "--end-of-options", name], options)).trim();
  } catch (error) {
    if (error instanceof GitError) return error;
    throw error;
  }
}

async function treeOf(commit: string, options: GitOptions): Promise<string> {
  return String(await runGit(["rev-parse", "--verify", `${commit}^{tree}`], options)).trim();
}

async function mergeBase(word: string, commits: readonly string[], options: GitOptions): Promise<string> {
  try {
    return String(await runGit(["merge-base", ...commits], options)).trim();
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const hint = (await isShallow(options)) ? deepen : "Name two commits: A..B.";
    throw usage(say`the two sides of ${{ range: word }} have no commit in common`, hint, { cause: error });
  }
}

async function unknownRevision(word: string, error: unknown, options: GitOptions): Promise<MeshError> {
  const reason = error instanceof GitError ? error.message : String(error);
  const hint = (await isShallow(options)) ? deepen : "Name a commit that git has, or a folder.";
  return usage(say`git has no ${{ revision: word }}, and there is no such path: ${{ reason }}`, hint, { cause: error });
}

const deepen = "This clone is shallow: git fetch --unshallow (in CI fetch-depth: 0, or GIT_DEPTH: 0).";

async function isShallow(options: GitOptions): Promise<boolean> {
  const answer = await runGit(["rev-parse", "--is-shallow-repository"], options).catch(() => "");
  options.signal.throwIfAborted();
  return String(answer).trim() === "true";
}

/** As git does: what may mean two things means neither. */
async function refuseBoth(word: string, options: GitOptions): Promise<void> {
  if (!(await isThere(word, options))) return;
  throw usage(say`${{ word }} is both a path and something that git has`, say`For the path: ./${{ word }}`);
}

async function isThere(path: string, { cwd }: GitOptions): Promise<boolean> {
  return lstat(resolve(cwd, path)).then(
    () => true,
    () => false,
  );
}

/** A path of the work tree as it is in trees. Throws USAGE where it leads out. */
async function inRepository(path: string, options: GitOptions): Promise<string> {
  const ask = async (word: string) => String(await runGit(["rev-parse", word], options)).replace(/\n$/, "");
  const found = isAbsolute(path)
    ? await belowRoot(path, await ask("--show-toplevel"))
    : posix.normalize(posix.join(await ask("--show-prefix"), path));
  if (/^\.\.(\/|$)/.test(found)) {
    throw usage(say`${{ path }} is outside the repository`, "Name a folder or file that git keeps.");
  }
  return found.replace(/^\.?\/?$|\/$/, "");
}

/** The root has no links in it; a path may lead to it by some. */
async function belowRoot(path: string, root: string): Promise<string> {
  const straight = relative(root, path);
  const found = straight.split(sep)[0] === ".." ? relative(root, await realOf(path)) : straight;
  return found.split(sep).join("/");
}
