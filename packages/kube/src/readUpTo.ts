import { Readable } from "node:stream";
import { orAborted } from "./orAborted.ts";

/**
 * The text of a stream, undefined where it has more than `limit` bytes: it is counted as it comes, since a pipe does not
 * tell its size and a device has no end. A stream that is not read to its end is closed.
 */
export async function readUpTo(
  stream: AsyncIterable<Uint8Array | string>,
  limit: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      // A terminal where nobody types never yields: "for await" would wait for it even to stop.
      const { done, value } = await orAborted(iterator.next(), signal);
      if (done === true) return Buffer.concat(chunks).toString("utf8");
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      size += bytes.byteLength;
      if (size > limit) return undefined;
      chunks.push(bytes);
    }
  } finally {
    if (stream instanceof Readable) stream.destroy();
  }
}
