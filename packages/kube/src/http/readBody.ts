import type { Readable } from "node:stream";

/** The body as text; undefined where it has more than `limit` bytes, of which the rest is not read. */
export async function readBody(body: Readable, limit: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
