import { MeshError, makeProblem, type Sentence, say } from "@isthmus/core";
import { BlobReader } from "./blobReader.ts";
import { type Revision, showRevision } from "./revision.ts";
import { type Folder, findNode, isBelow, type Leaf, type Node, revisionTree } from "./revisionTree.ts";
import { GitError } from "./runGit.ts";

export interface RevisionFile {
  /** As messages show it: `HEAD~1:manifests/a.yaml`. */
  readonly name: string;
  /** Has to be read before the next file comes. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Whether it is what the revision names, and not a file of the folder that it names. */
  readonly isNamed: boolean;
}

export interface RevisionFilesOptions {
  /** By its path: which files of a folder are wanted. */
  readonly isManifest: (path: string) => boolean;
  readonly signal: AbortSignal;
}

/**
 * The file that a revision names, or those of the folder that it names, as `findManifestFiles` finds them in a work tree: hidden ones are
 * left out, links are followed as long as they stay in the folder, each file comes once. Nothing is written anywhere, and what the
 * repository's attributes say of exports does not count. Throws DIRECTORY_INVALID for what git cannot give.
 */
export async function* revisionFiles(
  revision: Revision,
  { isManifest, signal }: RevisionFilesOptions,
): AsyncGenerator<RevisionFile> {
  const git = { cwd: revision.cwd, signal };
  const blobs = new BlobReader(git);
  try {
    const reading = { revision, blobs, isManifest, seen: new Set<Node>() };
    const named = await namedNode(reading, await revisionTree(revision.tree, git));
    if (named.type === "folder") yield* filesBelow(reading, named, named, revision.path);
    else yield fileOf(reading, named, revision.path, true);
  } catch (error) {
    throw error instanceof GitError ? refused(revision, revision.path, say`${{ reason: error.message }}`) : error;
  } finally {
    blobs.close();
  }
}

interface Reading extends Pick<RevisionFilesOptions, "isManifest"> {
  readonly revision: Revision;
  readonly blobs: BlobReader;
  readonly seen: Set<Node>;
}

async function namedNode({ revision, blobs }: Reading, root: Folder): Promise<Node> {
  const found = await findNode(root, revision.path, (link) => targetOf(link, blobs));
  if (found === "missing") throw refused(revision, revision.path, say`git has no such file or folder at that revision`);
  if (found === "outside") throw refused(revision, revision.path, say`a link leads out of the repository`);
  if (found === "circle") throw refused(revision, revision.path, say`links lead in a circle`);
  return found;
}

async function* filesBelow(reading: Reading, top: Folder, folder: Folder, path: string): AsyncGenerator<RevisionFile> {
  for (const [name, entry] of [...folder.entries].sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (name.startsWith(".")) continue;
    const node = entry.type === "link" ? await findNode(folder, name, (link) => targetOf(link, reading.blobs)) : entry;
    if (typeof node === "string" || !isBelow(node, top) || reading.seen.has(node)) continue;
    const at = path === "" ? name : `${path}/${name}`;
    if (node.type !== "folder" && node.type !== "submodule" && !reading.isManifest(at)) continue;
    reading.seen.add(node);
    if (node.type === "folder") yield* filesBelow(reading, top, node, at);
    else yield fileOf(reading, node, at, false);
  }
}

function fileOf({ revision, blobs }: Reading, { type, id }: Leaf, path: string, isNamed: boolean): RevisionFile {
  if (type === "submodule") {
    const message = say`is a submodule: what it held at that revision is in another repository`;
    throw refused(revision, path, message, "Check both states out, with git worktree, and compare the two folders.");
  }
  return { name: showRevision(revision, path), bytes: bytesOf(blobs.read(id), revision, path), isNamed };
}

async function* bytesOf(blob: AsyncIterable<Buffer>, revision: Revision, path: string): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  try {
    for await (const piece of blob) {
      // A large file may be kept elsewhere, with a note of it in its place.
      if (isFirst && piece.subarray(0, note.length).toString() === note) {
        throw refused(revision, path, say`is kept in Git LFS, which is not read`, "Check both states out and compare.");
      }
      isFirst = false;
      yield piece;
    }
  } catch (error) {
    throw error instanceof GitError ? refused(revision, path, say`${{ reason: error.message }}`) : error;
  }
}

const note = "version https://git-lfs.github.com/spec/";

/** Bytes: no path may be longer. */
const longestTarget = 4096;

async function targetOf({ id }: Leaf, blobs: BlobReader): Promise<string> {
  let target = Buffer.alloc(0);
  for await (const piece of blobs.read(id)) {
    if (target.length <= longestTarget) target = Buffer.concat([target, piece]);
  }
  return target.subarray(0, longestTarget).toString();
}

function refused(revision: Revision, path: string, message: Sentence, hint = ""): MeshError {
  return new MeshError(
    makeProblem({ code: "DIRECTORY_INVALID", at: { file: showRevision(revision, path) }, message, hint }),
  );
}
