import { Readable } from "node:stream";

/**
 * The text of a stream, undefined where it has more than `limit` bytes: it is counted as it comes, since a pipe does not
 * tell its size and a device has no end.
 */
export async function readUpTo(
  stream: AsyncIterable<Uint8Array | string>,
  limit: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of signal === undefined ? stream : Readable.from(stream, { signal })) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
    size += bytes.byteLength;
    if (size > limit) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
