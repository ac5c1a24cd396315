/** Characters. An object of etcd has at most 1.5 MB. */
const longestLine = 8 * 1024 * 1024;

/** Lines of a byte stream, wherever its chunks are cut, also within a character. What follows the last line end counts as one. Throws a `RangeError` at one that has no end. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    if (rest.length > longestLine) throw new RangeError(`a line of more than ${longestLine} characters`);
    for (const piece of pieces) if (piece !== "") yield piece;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
