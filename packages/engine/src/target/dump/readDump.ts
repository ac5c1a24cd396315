import { type FilePlace, keyOf, movedTo, type Problem, refOf, say } from "@isthmus/core";
import { type Fields, isFields, malformedProblem, type UnreadableObject } from "@isthmus/core/shape";
import type { Manifest } from "../directory/manifest.ts";
import { readManifest } from "../directory/manifestObject.ts";
import { impliedNamespace, type Manifests, parseManifests, together, withVersion } from "../directory/readManifests.ts";
import { slimObject } from "../live/slimObject.ts";
import type { Coverage } from "./coverage.ts";
import { type DumpEntriesOptions, type DumpEntry, dumpEntries, refused } from "./dumpEntries.ts";
import { readHead, readPart } from "./readPart.ts";
import { ObjectSplitter, type Part } from "./splitObjects.ts";

export interface ReadDumpOptions extends DumpEntriesOptions {
  readonly coverage: Coverage;
}

/** Characters of JSON that stay in memory: room for some 100,000 Pods. */
const mostKept = 256 * 1024 ** 2;

/** An object as an API server gave it out, which may be there several times, of different moments. */
interface Snapshot {
  readonly manifest: Manifest;
  readonly version: number;
}

/**
 * All objects of a dump, one at a time, so that its size does not matter. Throws DUMP_INVALID and DUMP_TOO_LARGE, and what the file
 * system does for the path itself; what is wrong with single objects is told as of a directory.
 */
export async function readDump(path: string, options: ReadDumpOptions): Promise<Manifests> {
  const reader = new DumpReader(options.coverage);
  for await (const entry of dumpEntries(path, options)) {
    options.signal?.throwIfAborted();
    await reader.read(entry, options.signal);
  }
  return reader.manifests();
}

class DumpReader {
  readonly #coverage: Coverage;
  /** By uid: of several moments the last counts. */
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #written: Manifests[] = [];
  readonly #namespaces = new Set<string>();
  readonly #unreadable: UnreadableObject[] = [];
  readonly #findings: Problem[] = [];
  #kept = 0;
  /** Items of a list that say neither their kind nor their version: the list's end does. */
  #pending: { readonly value: Fields; readonly at: FilePlace }[] = [];

  constructor(coverage: Coverage) {
    this.#coverage = coverage;
  }

  async read({ name, bytes }: DumpEntry, signal: AbortSignal | undefined): Promise<void> {
    const splitter = new ObjectSplitter();
    const decoder = new TextDecoder();
    for await (const piece of bytes) {
      signal?.throwIfAborted();
      this.#takeAll(splitter.push(decoder.decode(piece, { stream: true })), name);
    }
    this.#takeAll([...splitter.push(decoder.decode()), ...splitter.end()], name);
    this.#pending = [];
  }

  manifests(): Manifests {
    const own: Manifests = {
      manifests: [...this.#snapshots.values()].map(({ manifest }) => manifest),
      namespaces: this.#namespaces,
      unreadable: this.#unreadable,
      findings: this.#findings,
      problems: [],
    };
    return together([own, ...this.#written]);
  }

  #takeAll(parts: readonly Part[], file: string): void {
    for (const part of parts) this.#take(part, file);
  }

  #take({ type, text, line }: Part, file: string): void {
    const at = { file, line, column: 1 };
    if (type === "cut") {
      throw refused("DUMP_INVALID", file, say`ends in the middle: the rest is missing`, "Make the dump again.", line);
    }
    if (type === "large") {
      throw refused("DUMP_TOO_LARGE", file, say`has an object of more than 5 MB`, "Leave it out of the dump.", line);
    }
    const read = type === "head" ? readHead(text) : readPart(text);
    if (read.type === "value") {
      if (type === "head") this.#takeHead(read.value, file);
      else if (isWritten(read.value)) this.#takeWritten(text, at, undefined);
      else this.#takeValue(read.value, at);
    } else if (read.type === "broken") {
      throw refused("DUMP_INVALID", file, say`is not valid JSON here`, "Make the dump again.", line);
    } else {
      this.#takeWritten(text, at, read.uid);
    }
  }

  #takeHead(list: Fields, file: string): void {
    this.#coverage.addList(list, file);
    const { apiVersion, kind } = list;
    const item = typeof kind === "string" && kind !== "List" ? { apiVersion, kind: kind.replace(/List$/, "") } : {};
    const pending = this.#pending;
    this.#pending = [];
    for (const { value, at } of pending) this.#takeValue({ ...item, ...value }, at, true);
  }

  #takeValue(value: Fields, at: FilePlace, isTyped = false): void {
    const { apiVersion, kind, items, metadata } = value;
    if (apiVersion === undefined && kind === undefined && !isTyped) {
      this.#pending.push({ value, at });
      return;
    }
    if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
      this.#coverage.addList(value, at.file);
      for (const item of items) if (isFields(item)) this.#takeValue(item, at, true);
      return;
    }
    this.#coverage.addObject(value);
    const read = readManifest(value);
    const namespace = impliedNamespace(read);
    if (namespace !== undefined) this.#namespaces.add(namespace);
    if (read.type === "malformed") {
      this.#unreadable.push(read.unreadable);
      this.#findings.push(malformedProblem(read.unreadable, at));
    } else if (read.type === "object") {
      const { uid = keyOf(refOf(read.object)), resourceVersion } = isFields(metadata) ? metadata : {};
      this.#keep(
        { object: withVersion(slimObject(read.object)), file: at.file, at },
        String(uid),
        Number(resourceVersion),
      );
    }
  }

  #keep(manifest: Manifest, uid: string, version: number): void {
    const known = this.#snapshots.get(uid);
    if (known !== undefined && known.version > version) return;
    this.#kept += known === undefined ? JSON.stringify(manifest.object).length : 0;
    if (this.#kept > mostKept) {
      const hint = "Leave out what no request depends on.";
      throw refused("DUMP_TOO_LARGE", manifest.file, say`has more objects than can be kept: 256 MB`, hint);
    }
    this.#snapshots.set(uid, { manifest, version });
  }

  /** What no fast parser is for, with its places as in the whole file; without a `uid` somebody wrote it. */
  #takeWritten(text: string, { file, line }: FilePlace, uid: string | undefined): void {
    const read = parseManifests({ name: file, text }, (list) => this.#coverage.addList(list, file));
    const moved = <P extends { readonly line: number }>(place: P): P => ({ ...place, line: place.line + line - 1 });
    const told = (problem: Problem) =>
      problem.place.line === undefined
        ? problem
        : movedTo(problem, moved({ ...problem.place, line: problem.place.line }));
    const manifests = read.manifests.map((each) => ({ ...each, at: moved(each.at) }));
    // An object that is not of its kind's form is one all the same, so that it is told.
    for (const { group, kind } of read.unreadable) {
      this.#coverage.addObject({ apiVersion: group === "" ? "v1" : `${group}/v1`, kind, metadata: { uid } });
    }
    for (const each of manifests) {
      const { uid: _made, ...metadata } = each.object.metadata;
      this.#coverage.addObject({ ...each.object, metadata: { ...metadata, ...(uid === undefined ? {} : { uid }) } });
      if (uid === undefined) this.#coverage.addAuthored(each.at);
      else this.#keep(each, uid, Number.NaN);
    }
    this.#written.push({
      ...read,
      manifests: uid === undefined ? manifests : [],
      findings: read.findings.map(told),
      problems: read.problems.map(told),
    });
  }
}

/** Something of it is called `uid`, and it has none itself. */
function isWritten({ kind, items, metadata }: Fields): boolean {
  return kind !== undefined && items === undefined && (!isFields(metadata) || typeof metadata.uid !== "string");
}
