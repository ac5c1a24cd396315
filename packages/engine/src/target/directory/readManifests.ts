import { createHash } from "node:crypto";
import {
  type InputFile,
  isOurs,
  type KubeObject,
  keyOf,
  makeProblem,
  maxFileLength,
  offsetAt,
  type Place,
  type Problem,
  readDocuments,
  refOf,
  type Sentence,
  type SourceDocument,
  say,
} from "@isthmus/core";
import { isFields, malformedProblem, type UnreadableObject, unreadableOf } from "@isthmus/core/shape";
import { readRegularFile } from "@isthmus/kube";
import { findManifestFiles } from "./findManifestFiles.ts";
import type { Manifest } from "./manifest.ts";
import { type ReadManifest, readManifest } from "./manifestObject.ts";
import { separateTwice } from "./separateTwice.ts";

export interface Manifests {
  /** Those of the kinds that we read. */
  readonly manifests: readonly Manifest[];
  /** Namespaces that any manifest is in, of whatever kind; our own objects do not count. */
  readonly namespaces: ReadonlySet<string>;
  /** Objects that are not of their kind's form, or there in two forms. */
  readonly unreadable: readonly UnreadableObject[];
  /** About these: OBJECT_MALFORMED, OBJECT_TWICE. */
  readonly findings: readonly Problem[];
  /** Files of which nobody can say what they hold: DIRECTORY_INVALID. With any the directory says nothing of its cluster. */
  readonly problems: readonly Problem[];
}

/** All manifests below a directory. Throws what the file system throws for the directory itself. */
export async function readManifests(directory: string, signal?: AbortSignal): Promise<Manifests> {
  const files = await findManifestFiles(directory, signal);
  return together(await Promise.all(files.map((file) => readFileManifests(file, signal))));
}

/** What several files hold, with what is there twice told. */
export function together(read: readonly Manifests[]): Manifests {
  const { manifests, unreadable, findings } = separateTwice(read.flatMap((each) => each.manifests));
  return {
    manifests,
    namespaces: new Set(read.flatMap((each) => [...each.namespaces])),
    unreadable: [...read.flatMap((each) => each.unreadable), ...unreadable],
    findings: [...read.flatMap((each) => each.findings), ...findings],
    problems: read.flatMap(({ problems }) => problems),
  };
}

async function readFileManifests(file: string, signal: AbortSignal | undefined): Promise<Manifests> {
  try {
    return parseManifests({ name: file, text: await readRegularFile(file, { limit: maxFileLength, signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    const message = say`cannot be read: ${{ reason: error instanceof Error ? error.message : String(error) }}`;
    return { ...none, problems: [invalid({ file }, message, "")] };
  }
}

const none: Manifests = { manifests: [], namespaces: new Set(), unreadable: [], findings: [], problems: [] };

/** The manifests of one file's text; `onList` is told of each list. */
export function parseManifests(input: InputFile, onList: OnList = () => {}): Manifests {
  const { documents, problems: syntax } = readDocuments(input);
  const manifests: Manifest[] = [];
  const namespaces = new Set<string>();
  const unreadable: UnreadableObject[] = [];
  const findings: Problem[] = [];
  for (const { document, value, path } of documents.flatMap((each) => itemsOf(each, each.value, [], onList))) {
    // Mostly a document is one manifest, and then nobody needs its tree.
    const at = document.place(path.length === 0 ? document.start : offsetAt(document.root, path));
    const read = withoutRepeats(readManifest(value), document);
    const namespace = impliedNamespace(read);
    if (namespace !== undefined) namespaces.add(namespace);
    if (read.type === "object") manifests.push({ object: withVersion(read.object), file: input.name, at });
    if (read.type !== "malformed") continue;
    unreadable.push(read.unreadable);
    const field = [...path, ...(read.faults[0]?.path ?? [])];
    findings.push(malformedProblem(read.unreadable, document.place(offsetAt(document.root, field))));
  }
  const ofDocuments = new Set(documents.flatMap(({ problems }) => problems));
  const problems = syntax
    .filter((problem) => !ofDocuments.has(problem))
    .map(({ place, message, hint }) => invalid(place, say`${{ reason: message }}`, hint === "" ? renderedHint : hint));
  return { manifests, namespaces, unreadable, findings, problems };
}

/** A document with a key that is there twice may mean the one or the other. */
function withoutRepeats(read: ReadManifest, { problems: [first] }: SourceDocument): ReadManifest {
  if (first === undefined || read.type !== "object") return read;
  const unreadable = unreadableOf(refOf(read.object), read.object, `${first.message}, at ${first.at}`);
  return { type: "malformed", unreadable, faults: [{ path: [], what: first.message }] };
}

/** Since a directory need not hold Namespace manifests: that of any object but ours. */
export function impliedNamespace(read: ReadManifest): string | undefined {
  switch (read.type) {
    case "nothing":
      return undefined;
    case "unread":
      return read.namespace;
    case "malformed": {
      const { kind, isOurs: own, name, namespace } = read.unreadable;
      return own ? undefined : kind === "Namespace" ? name : namespace;
    }
    case "object":
      return isOurs(read.object) ? undefined : read.object.metadata.namespace;
  }
}

type OnList = (list: Readonly<Record<string, unknown>>) => void;

interface Item {
  readonly document: SourceDocument;
  readonly value: unknown;
  readonly path: readonly (string | number)[];
}

/** The objects of a document: the items of a List, else the whole. */
function itemsOf(document: SourceDocument, value: unknown, path: Item["path"], onList: OnList): readonly Item[] {
  if (isFields(value) && typeof value.kind === "string" && value.kind.endsWith("List") && Array.isArray(value.items)) {
    onList(value);
    return value.items.flatMap((item, index) => itemsOf(document, item, [...path, "items", index], onList));
  }
  return [{ document, value, path }];
}

/** Files have no versions and no identities: content stands for the one, the name for the other. */
export function withVersion(object: KubeObject): KubeObject {
  const uid = digest(keyOf(refOf(object)));
  const resourceVersion = digest(JSON.stringify(object));
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

const renderedHint =
  "The directory must hold plain manifests; render templates first (helm template, kustomize build).";

function invalid(at: Place, message: Sentence, hint: string): Problem {
  return makeProblem({ code: "DIRECTORY_INVALID", at, message, hint });
}
