import { type GitOptions, runGit } from "./runGit.ts";

interface InFolder {
  /** Undefined for the root. */
  readonly parent: Folder | undefined;
}

export interface Folder extends InFolder {
  readonly type: "folder";
  readonly entries: Map<string, Node>;
}

/** What git keeps by an id: a file, the target of a link, or a commit of another repository. */
export interface Leaf extends InFolder {
  readonly type: "file" | "link" | "submodule";
  readonly id: string;
}

export type Node = Folder | Leaf;

/** All that a tree of git holds; nothing of any file is read. */
export async function revisionTree(tree: string, options: GitOptions): Promise<Folder> {
  const root: Folder = { type: "folder", parent: undefined, entries: new Map() };
  const list = await runGit(["ls-tree", "-r", "-z", "--full-tree", tree], options);
  for (const line of list.toString("utf8").split("\0")) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const [mode = "", , id = ""] = line.slice(0, tab).split(" ");
    const parts = line.slice(tab + 1).split("/");
    const name = parts.pop() ?? "";
    const parent = parts.reduce(folderIn, root);
    parent.entries.set(name, { type: typeOf(mode), id, parent });
  }
  return root;
}

function folderIn(parent: Folder, name: string): Folder {
  const known = parent.entries.get(name);
  if (known?.type === "folder") return known;
  const folder: Folder = { type: "folder", parent, entries: new Map() };
  parent.entries.set(name, folder);
  return folder;
}

function typeOf(mode: string): Leaf["type"] {
  return mode === "120000" ? "link" : mode === "160000" ? "submodule" : "file";
}

/** Whether a file or folder is that folder, or below it. */
export function isBelow(node: Node | undefined, folder: Folder): boolean {
  return node === folder || (node !== undefined && isBelow(node.parent, folder));
}

export type Found = Node | "missing" | "outside" | "circle";

/** As many as Linux follows. */
const mostLinks = 40;

/** Goes by a path as a file system does, links included: never a link itself. */
export async function findNode(
  start: Folder,
  path: string,
  targetOf: (link: Leaf) => Promise<string>,
  followed: { links: number } = { links: 0 },
): Promise<Found> {
  if (path.startsWith("/")) return "outside";
  let at: Node = start;
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (at.type !== "folder") return at.type === "submodule" ? at : "missing";
    const next: Node | undefined = part === ".." ? at.parent : at.entries.get(part);
    if (next === undefined) return part === ".." ? "outside" : "missing";
    if (next.type !== "link") {
      at = next;
      continue;
    }
    followed.links += 1;
    if (followed.links > mostLinks) return "circle";
    const led = await findNode(at, await targetOf(next), targetOf, followed);
    if (typeof led === "string") return led;
    at = led;
  }
  return at;
}
