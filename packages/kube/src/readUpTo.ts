import { Readable } from "node:stream";
import { orAborted } from "./orAborted.ts";

export interface ReadUpToOptions {
  readonly signal?: AbortSignal | undefined;
  /** Has what is larger read in its turn, so that one stream at a time fills memory. */
  readonly large?: { readonly bytes: number; readonly inTurn: <T>(read: () => Promise<T>) => Promise<T> };
}

/**
 * The text of a stream, undefined where it has more than `limit` bytes: it is counted as it comes, since a pipe does not
 * tell its size and a device has no end. A stream that is not read to its end is closed.
 */
export async function readUpTo(
  stream: AsyncIterable<Uint8Array | string>,
  limit: number,
  { signal, large }: ReadUpToOptions = {},
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = stream[Symbol.asyncIterator]();
  /** Whether the stream has an end before it has more than so many bytes. */
  const read = async (most: number): Promise<boolean> => {
    while (size <= most) {
      // A terminal where nobody types never yields: "for await" would wait for it even to stop.
      const { done, value } = await orAborted(iterator.next(), signal);
      if (done === true) return true;
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      size += bytes.byteLength;
      chunks.push(bytes);
    }
    return false;
  };
  try {
    const isRead =
      large === undefined ? await read(limit) : (await read(large.bytes)) || (await large.inTurn(() => read(limit)));
    return isRead ? Buffer.concat(chunks).toString("utf8") : undefined;
  } finally {
    if (stream instanceof Readable) stream.destroy();
  }
}
