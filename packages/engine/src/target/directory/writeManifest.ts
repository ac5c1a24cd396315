import { access, constants, lstat, mkdir, realpath, rm, rmdir, stat } from "node:fs/promises";
import { dirname, extname, join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isOurs, type KubeObject, keyOf, maxFileLength, refOf, say } from "@isthmus/core";
import type { Action } from "@isthmus/core/plan";
import { readRegularFile } from "@isthmus/kube";
import { refusal } from "../refusal.ts";
import { DirectoryError } from "./directoryError.ts";
import { editManifests, formatManifest } from "./editManifests.ts";
import { parseManifests } from "./readManifests.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** What we create is in this folder of a cluster's directory. */
export const ownFolder = "isthmus";

export interface WriteContext {
  readonly directory: string;
  /** The file that held the object when the directory was read. */
  readonly file: string | undefined;
  readonly namespaces: ReadonlySet<string>;
  readonly dryRun: boolean;
}

/** An object in its file as it is now. */
interface Place {
  readonly file: string;
  readonly text: string;
  readonly live: KubeObject;
}

/**
 * Carries out an action in a directory and returns the file that then holds the object. Throws a `MeshError` with the
 * codes of `Target.write`, or what the file system throws.
 */
export async function writeManifest(action: Action, context: WriteContext): Promise<string | undefined> {
  const file = context.file ?? ownFile(action, context.directory);
  const text = await readIfThere(file);
  const live = text === undefined ? undefined : findObject(action, { file, text });
  switch (action.verb) {
    case "noop":
      return live === undefined ? undefined : file;
    case "create":
      if (live !== undefined) return alreadyDone(action, live, file);
      if (text !== undefined) {
        throw refusal("WRITE_FAILED", action, say`${{ file }} is in the way: it holds something else`, {
          hint: "Move it.",
        });
      }
      return createFile(action, file, context);
    case "update":
      if (text === undefined || live === undefined) throw moved(action, file);
      if (!isAsPlanned(action, live)) return alreadyDone(action, live, file);
      return editFile(action, { file, text, live }, context);
    case "delete":
      if (text === undefined || live === undefined) return undefined;
      if (!isOurs(live)) throw refusal("OBJECT_NOT_OURS", action, say`${{ file }} holds it without our label`);
      if (!isAsPlanned(action, live)) throw moved(action, file);
      return editFile(action, { file, text, live }, context);
  }
}

/** One object a file, so that a change in Git shows which. Kinds are told apart in lower case, as file systems may not. */
function ownFile(action: Action, directory: string): string {
  const { kind, namespace, name } = action.ref;
  const parts = [kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name];
  const unfit = parts.find((part) => !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(part));
  if (unfit !== undefined)
    throw refusal("OBJECT_REFUSED", action, say`${{ unfit: JSON.stringify(unfit) }} is not a valid name`);
  return join(directory, ownFolder, `${parts.join(".")}.yaml`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readRegularFile(file, { limit: maxFileLength });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function findObject(action: Action, { file, text }: { readonly file: string; readonly text: string }) {
  const { manifests, unreadable, problems } = parseManifests({ name: file, text });
  const [first, ...others] = problems;
  if (first !== undefined) throw new DirectoryError(first, others);
  // Also what lost its name may be the object.
  const { group, kind, namespace, name } = action.ref;
  const isBroken = unreadable.some(
    (each) =>
      each.group === group &&
      each.kind === kind &&
      (each.name === undefined || (each.name === name && each.namespace === namespace)),
  );
  if (isBroken) throw moved(action, file);
  return manifests.find(({ object }) => keyOf(refOf(object)) === keyOf(action.ref))?.object;
}

function isAsPlanned({ live: planned }: Action, { metadata }: KubeObject): boolean {
  return metadata.uid === planned?.uid && metadata.resourceVersion === planned?.resourceVersion;
}

/** The object is not what the action was planned against. That is fine where it is as wanted already, by an earlier try. */
function alreadyDone(action: Action, live: KubeObject, file: string): string {
  if (!isOurs(live)) throw refusal("OBJECT_NOT_OURS", action, say`${{ file }} holds it without our label`);
  const { uid: _uid, resourceVersion: _version, ...metadata } = live.metadata;
  if (!isDeepStrictEqual({ ...live, metadata }, action.desired)) throw moved(action, file);
  return file;
}

function moved(action: Action, file: string) {
  return refusal("PLAN_STALE", action, say`it changed in ${{ file }} since the plan was made`, { hint: "Plan again." });
}

function leadsOut(action: Action, path: string, { directory }: WriteContext) {
  return refusal("WRITE_FAILED", action, say`${{ path }} leads out of ${{ directory }}`, {
    hint: "Remove the symbolic link.",
  });
}

async function createFile(action: Action, file: string, context: WriteContext): Promise<string> {
  const { desired, owner, ref } = action;
  if (ref.namespace !== undefined && !context.namespaces.has(ref.namespace)) {
    const message = say`namespace ${{ namespace: ref.namespace }} does not exist: no manifest in ${{ directory: context.directory }} is in it`;
    throw refusal("NAMESPACE_MISSING", action, message, { hint: "Add a Namespace manifest." });
  }
  if (desired === undefined) throw refusal("WRITE_FAILED", action, say`the plan does not say what to create`);
  const own = dirname(file);
  if (!context.dryRun) await mkdir(own, { recursive: true });
  const root = await realpath(context.directory);
  // Not there yet only in a dry run; a link that leads nowhere is there.
  const isThere = await lstat(own).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? false : Promise.reject(error)),
  );
  const folder = isThere ? await realpath(own) : root;
  if (isThere && !folder.startsWith(root + sep)) {
    throw leadsOut(action, own, context);
  }
  if (!(await stat(folder)).isDirectory()) {
    throw refusal("WRITE_FAILED", action, say`${{ folder: own }} is not a folder`, { hint: "Move it." });
  }
  await access(folder, constants.W_OK | constants.X_OK);
  if (context.dryRun) return file;
  await writeFileAtomically(
    file,
    formatManifest(desired, `Written by isthmus for ${owner}: change that, not this file.`),
  );
  return file;
}

async function editFile(action: Action, { file, text }: Place, context: WriteContext): Promise<string | undefined> {
  const isJson = extname(file).toLowerCase() === ".json";
  const edited = editManifests({ text, isJson }, action.ref, action.desired);
  if (edited === undefined) throw moved(action, file);
  // Through a link within the directory the real file is changed, not the link.
  const real = await realpath(file);
  if (!real.startsWith((await realpath(context.directory)) + sep)) throw leadsOut(action, file, context);
  await access(dirname(real), constants.W_OK | constants.X_OK);
  if (context.dryRun) return file;
  if (edited.text !== undefined) {
    await writeFileAtomically(real, edited.text);
  } else {
    await rm(real, { force: true });
    // Only an empty folder goes, and only ours.
    if (dirname(file) === join(context.directory, ownFolder)) await rmdir(dirname(file)).catch(() => {});
  }
  return action.desired === undefined ? undefined : file;
}
