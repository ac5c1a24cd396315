import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { MeshError, makeProblem, type ProblemCode, type Sentence, say } from "@isthmus/core";
import { openRegularFile } from "@isthmus/kube";
import { extract, type Header } from "tar-stream";
import type { Revision } from "../../git/revision.ts";
import { revisionFiles } from "../../git/revisionFiles.ts";
import { findManifestFiles } from "../directory/findManifestFiles.ts";

/** A file of a dump, wherever it comes from. Its bytes have to be read before the next one comes. */
export interface DumpEntry {
  /** As messages show it: `bug-report.tar.gz:bug-report/cluster/crs`. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface DumpEntriesOptions {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Read in place of the path. */
  readonly revision?: Revision | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of all files together, once unpacked. */
export const mostBytes = 2 * 1024 ** 3;
/** Files of an archive. */
export const mostEntries = 200_000;
/** Times that an archive may grow, once it is large: dumps grow by 10 to 40. */
const mostGrowth = 250;
const large = 64 * 1024 ** 2;

type Bytes = AsyncIterable<Uint8Array>;

/**
 * The files of a dump that may hold objects, in whatever form it comes: a folder, a file, standard input (`-`), each of them
 * packed or not, or what git has of a folder or file. Throws DUMP_INVALID and DUMP_TOO_LARGE, and what the file system does for the path itself.
 */
export async function* dumpEntries(path: string, options: DumpEntriesOptions): AsyncGenerator<DumpEntry> {
  const budget = { left: mostBytes };
  if (options.revision !== undefined) {
    const { signal = new AbortController().signal } = options;
    for await (const { name, bytes, isNamed } of revisionFiles(options.revision, {
      isManifest: mayHoldObjects,
      signal,
    })) {
      if (isNamed) yield* unpacked(name, bytes, budget);
      else yield { name, bytes: within(budget, name, bytes) };
    }
    return;
  }
  if (path !== "-" && (await stat(path)).isDirectory()) {
    for (const file of await findManifestFiles(path, options.signal, { isManifest: mayHoldObjects })) {
      yield { name: file, bytes: within(budget, file, fileOfFolder(file)) };
    }
    return;
  }
  const name = path === "-" ? "standard input" : path;
  yield* unpacked(name, path === "-" ? inBytes(options.stdin) : fileBytes(path), budget);
}

/** Manifests by their ending; and what `istioctl bug-report` puts into its folder `cluster`. */
export function mayHoldObjects(path: string): boolean {
  return (
    /\.(ya?ml|json)$/i.test(path) ||
    /(^|[/\\])cluster[/\\](crs|k8s-resources|k8s-cluster-resources|nodes|pods)$/.test(path)
  );
}

async function* unpacked(name: string, bytes: Bytes, budget: { left: number }): AsyncGenerator<DumpEntry> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    const { first, all } = await beginning(iterator);
    const packer = packers.find(({ magic }) => magic.every((byte, index) => first[index] === byte));
    if (packer?.name === "gzip") {
      yield* unpacked(name, within(budget, name, gunzipped(name, all)), budget);
    } else if (packer !== undefined) {
      const message = say`is packed by ${{ packer: packer.name }}, which is not read`;
      throw refused("DUMP_INVALID", name, message, "Unpack it first.");
    } else if (first.subarray(257, 262).toString("latin1") === "ustar") {
      yield* tarEntries(name, all);
    } else {
      yield { name, bytes: within(budget, name, all) };
    }
  } finally {
    // Closes the file, also where nobody read on.
    await iterator.return?.();
  }
}

const packers = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "zip", magic: [0x50, 0x4b, 3, 4] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
] as const;

async function* tarEntries(name: string, bytes: Bytes): AsyncGenerator<DumpEntry> {
  const archive = extract();
  const ending = new ArchiveEnding();
  const reading = pipeline(Readable.from(ending.seen(bytes)), archive).catch(() => {});
  let count = 0;
  try {
    for await (const entry of archive) {
      count += 1;
      if (count > mostEntries) {
        throw refused(
          "DUMP_TOO_LARGE",
          name,
          say`has more than ${{ most: mostEntries }} files`,
          "Pack only what describes the cluster.",
        );
      }
      const { header } = entry;
      const place = `${name}:${header.name}`;
      if (isRead(header, name)) yield { name: place, bytes: unlessCut(place, entry as Bytes) };
      ending.after(header);
      entry.resume();
    }
  } catch (error) {
    throw error instanceof MeshError ? error : broken(name, error);
  }
  await reading;
  if (!ending.isThere) {
    throw refused("DUMP_INVALID", name, say`is truncated: the end of the archive is missing`, "Copy it again.");
  }
}

/** Bytes of a block of tar. */
const block = 512;

/**
 * Whether an archive ends as each tar writes it, with blocks of zeros behind its last entry, since one that is cut between two
 * entries looks whole otherwise. Tars write two; the first one says already that no entry follows.
 */
class ArchiveEnding {
  #length = 0;
  #last = Buffer.alloc(0);
  #entriesEnd = 0;

  async *seen(bytes: Bytes): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      this.#length += piece.length;
      this.#last = Buffer.from(Buffer.concat([this.#last, piece.subarray(-block)]).subarray(-block));
      yield piece;
    }
  }

  after({ type, size, byteOffset = 0 }: Header & { readonly byteOffset?: number }): void {
    this.#entriesEnd = byteOffset + (type === "directory" ? 0 : Math.ceil((size ?? 0) / block) * block);
  }

  get isThere(): boolean {
    return this.#length - this.#entriesEnd >= block && this.#last.every((byte) => byte === 0);
  }
}

async function* unlessCut(place: string, bytes: Bytes): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw error instanceof MeshError ? error : broken(place, error);
  }
}

/** Links are not followed. Nothing is written, so that a path which leads out is only a sign of an archive that nobody should trust. */
function isRead({ type, name }: Header, archive: string): boolean {
  if (name.startsWith("/") || name.split(/[/\\]/).includes("..")) {
    throw refused(
      "DUMP_INVALID",
      `${archive}:${name}`,
      say`leads out of the archive`,
      "Do not unpack it: ask where it comes from.",
    );
  }
  return (type === "file" || type === "contiguous-file") && mayHoldObjects(name) && !/(^|\/)\.[^/]*$/.test(name);
}

async function* gunzipped(name: string, bytes: Bytes): Bytes & AsyncGenerator<Uint8Array> {
  let packed = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      packed += piece.length;
      yield piece;
    }
  };
  const gunzip = createGunzip();
  pipeline(Readable.from(counted()), gunzip).catch(() => {});
  let size = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > large && size > packed * mostGrowth) {
        throw refused(
          "DUMP_TOO_LARGE",
          name,
          say`grows more than ${{ most: mostGrowth }} times when it is unpacked`,
          "No dump does: do not trust it.",
        );
      }
      yield piece;
    }
  } catch (error) {
    throw error instanceof MeshError ? error : broken(name, error);
  }
}

/** Counted over all files. */
async function* within(budget: { left: number }, name: string, bytes: Bytes): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    budget.left -= piece.length;
    if (budget.left < 0) {
      throw refused(
        "DUMP_TOO_LARGE",
        name,
        say`holds more than ${{ most: mostBytes / 1024 ** 2 }} MB`,
        "Leave logs and Secrets out.",
      );
    }
    yield piece;
  }
}

/** What says which file of a folder cannot be read. */
async function* fileOfFolder(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* fileBytes(path);
  } catch (error) {
    const message = say`cannot be read: ${{ reason: error instanceof Error ? error.message : String(error) }}`;
    throw new MeshError(makeProblem({ code: "DIRECTORY_INVALID", at: { file: path }, message, hint: "" }));
  }
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    yield* file.createReadStream({ highWaterMark: 1024 ** 2, autoClose: false }) as AsyncIterable<Uint8Array>;
  } finally {
    await file.close();
  }
}

async function* inBytes(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const piece of input) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

/** The first bytes, which tell the form, and all of them. */
async function beginning(
  iterator: AsyncIterator<Uint8Array>,
): Promise<{ readonly first: Buffer; readonly all: AsyncGenerator<Uint8Array> }> {
  let first = Buffer.alloc(0);
  while (first.length < 512) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    first = Buffer.concat([first, value]);
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { first, all: all() };
}

function broken(name: string, error: unknown): MeshError {
  const reason = error instanceof Error ? error.message : String(error);
  return refused("DUMP_INVALID", name, say`cannot be unpacked: ${{ reason }}`, "It may be cut off: copy it again.");
}

export function refused(
  code: Extract<ProblemCode, `DUMP_${string}`>,
  name: string,
  message: Sentence,
  hint: string,
  line?: number,
): MeshError {
  const at = { file: name, ...(line === undefined ? {} : { line, column: 1 }) };
  return new MeshError(makeProblem({ code, at, message, hint }));
}
