import { expect, test } from "vitest";
import { readLines } from "./readLines.ts";

test("lines come out whole wherever the bytes are cut, also within a character", async () => {
  const bytes = Buffer.from('{"a":"é"}\n{"b":"漢字"}\n\nlast');

  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = [];
    for await (const line of readLines(chunks(bytes, size))) lines.push(line);

    expect(lines).toEqual(['{"a":"é"}', '{"b":"漢字"}', "last"]);
  }
});

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
