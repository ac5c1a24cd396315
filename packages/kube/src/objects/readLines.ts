/** Lines of a byte stream, wherever its chunks are cut, also within a character. What follows the last line end counts as one. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) if (piece !== "") yield piece;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
