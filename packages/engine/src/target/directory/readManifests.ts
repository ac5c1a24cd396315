import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type InputFile,
  isOurs,
  type KubeObject,
  keyOf,
  offsetAt,
  type Problem,
  readDocuments,
  refOf,
  type SourceDocument,
  showRef,
} from "@isthmus/core";
import pLimit from "p-limit";
import { findManifestFiles } from "./findManifestFiles.ts";
import type { Manifest } from "./manifest.ts";
import { isManifest, isRead, manifestMistake, toObject, withoutNulls } from "./manifestObject.ts";
import { isFields } from "./manifestShape.ts";

export interface Manifests {
  /** Those of the kinds that we read. */
  readonly manifests: readonly Manifest[];
  /** Namespaces that any manifest is in, of whatever kind; our own objects do not count. */
  readonly namespaces: ReadonlySet<string>;
  /** Code DIRECTORY_INVALID, all of all files. */
  readonly problems: readonly Problem[];
}

const filesAtATime = 16;

/** All manifests below a directory. Throws what the file system throws for the directory itself. */
export async function readManifests(directory: string, signal?: AbortSignal): Promise<Manifests> {
  const files = await findManifestFiles(directory, signal);
  const limit = pLimit(filesAtATime);
  const read = await Promise.all(files.map((file) => limit(() => readFileManifests(file, signal))));
  const manifests = read.flatMap((each) => each.manifests);
  return {
    manifests,
    namespaces: new Set(read.flatMap((each) => [...each.namespaces])),
    problems: [...read.flatMap(({ problems }) => problems), ...duplicates(manifests)],
  };
}

async function readFileManifests(file: string, signal: AbortSignal | undefined): Promise<Manifests> {
  try {
    return parseManifests({ name: file, text: await readFile(file, { encoding: "utf8", ...(signal && { signal }) }) });
  } catch (error) {
    signal?.throwIfAborted();
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { manifests: [], namespaces: new Set(), problems: [invalid(file, message, "")] };
  }
}

/** The manifests of one file's text. */
export function parseManifests(input: InputFile): Manifests {
  const { documents, problems: syntax } = readDocuments(input);
  const manifests: Manifest[] = [];
  const namespaces = new Set<string>();
  const problems = syntax.map(({ at, message, hint }) => invalid(at, message, hint === "" ? renderedHint : hint));
  for (const { value, at } of documents.flatMap((document) => itemsOf(document, document.value, []))) {
    if (!isManifest(value)) continue;
    const mistake = manifestMistake(value);
    if (mistake !== undefined) {
      problems.push(invalid(at, mistake, ""));
      continue;
    }
    const object = toObject(value);
    const { namespace } = object.metadata;
    if (namespace !== undefined && !isOurs(object)) namespaces.add(namespace);
    if (isRead(object)) manifests.push({ object: withVersion(object), file: input.name, at });
  }
  return { manifests, namespaces, problems };
}

interface Item {
  readonly value: unknown;
  readonly at: string;
}

/** The objects of a document: the items of a List, else the whole. */
function itemsOf(document: SourceDocument, value: unknown, path: readonly (string | number)[]): readonly Item[] {
  if (isFields(value) && typeof value.kind === "string" && value.kind.endsWith("List") && Array.isArray(value.items)) {
    return value.items.flatMap((item, index) => itemsOf(document, item, [...path, "items", index]));
  }
  return [{ value: withoutNulls(value), at: document.place(offsetAt(document.root, path)) }];
}

/** Files have no versions and no identities: content stands for the one, the name for the other. */
function withVersion(object: KubeObject): KubeObject {
  const uid = digest(keyOf(refOf(object)));
  const resourceVersion = digest(JSON.stringify(object));
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function duplicates(manifests: readonly Manifest[]): readonly Problem[] {
  const first = new Map<string, Manifest>();
  return manifests.flatMap((manifest) => {
    const ref = refOf(manifest.object);
    const earlier = first.get(keyOf(ref));
    first.set(keyOf(ref), earlier ?? manifest);
    if (earlier === undefined) return [];
    const message = `${showRef(ref)} is there twice; first at ${earlier.at}`;
    return [
      invalid(
        manifest.at,
        message,
        "Keep one; of a base and its overlays, name the directory of one that is rendered.",
      ),
    ];
  });
}

const renderedHint =
  "The directory must hold plain manifests; render templates first (helm template, kustomize build).";

function invalid(at: string, message: string, hint: string): Problem {
  return { code: "DIRECTORY_INVALID", at, message, hint };
}
