import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import pLimit from "p-limit";

/** A process may often have no more than 1,024 files open, and sockets count. */
const atOnce = pLimit(64);

const chunkSize = 64 * 1024;

export interface ReadRegularFileOptions {
  /** Bytes. */
  readonly limit: number;
  /** Throws where the file, once open, may not be read. */
  readonly check?: (found: Stats) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was opened is not a file to read. Its message says why, without the path. */
export class FileRefused extends Error {
  override readonly name = "FileRefused";
  readonly code: "NOT_REGULAR" | "TOO_LARGE";

  constructor(code: FileRefused["code"], why: string) {
    super(why);
    this.code = code;
  }
}

/**
 * A file's text, at most 64 files at a time. A named pipe, which may never be written, a device, which may have no end, and a
 * file of more than `limit` bytes are a `FileRefused`; else throws what the file system does, or the signal's reason.
 */
export async function readRegularFile(path: string, { limit, check, signal }: ReadRegularFileOptions): Promise<string> {
  return atOnce(async () => {
    signal?.throwIfAborted();
    const file = await openRegularFile(path, check);
    try {
      if ((await file.stat()).size > limit) throw tooLarge(limit);
      const chunks: Buffer[] = [];
      let size = 0;
      // Counted: a pipe, a file of /proc and a file that grows do not tell their size.
      while (size <= limit) {
        signal?.throwIfAborted();
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize, null);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        size += bytesRead;
      }
      if (size > limit) throw tooLarge(limit);
      return Buffer.concat(chunks).toString();
    } finally {
      await file.close();
    }
  });
}

/** Opened without waiting: what is not a file, nor a pipe that the shell hands over, is a `FileRefused`. */
export async function openRegularFile(path: string, check?: ReadRegularFileOptions["check"]): Promise<FileHandle> {
  // The shell has opened the pipe of `<(…)` already, and whoever writes it is there.
  const isHandedOver = /^\/(dev|proc\/(self|\d+))\/fd\/\d+$/.test(path);
  // Without waiting: a named pipe opens only once somebody writes it.
  const file = await open(path, constants.O_RDONLY | (isHandedOver ? 0 : (constants.O_NONBLOCK ?? 0)));
  try {
    const found = await file.stat();
    // As reading it as a file would say.
    if (found.isDirectory()) throw new FileRefused("NOT_REGULAR", "it is a folder");
    if (!found.isFile() && !(isHandedOver && found.isFIFO())) {
      throw new FileRefused("NOT_REGULAR", `it is a ${found.isFIFO() ? "named pipe" : "device"}, not a file`);
    }
    check?.(found);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function tooLarge(limit: number): FileRefused {
  return new FileRefused("TOO_LARGE", `it has more than ${limit} bytes`);
}
