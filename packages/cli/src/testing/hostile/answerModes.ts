import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Answerer, HostileMode } from "./hostileMode.ts";

const answers = (name: string, answer: Answerer): HostileMode => ({ kind: "answers", name, answer });

/** A cluster behind whose address no API server answers, or one that has lost its mind. */
export const answerModes: readonly HostileMode[] = [
  answers("says nothing", () => {}),
  answers("sends a byte now and then", (response) => drip(response, 200)),
  answers("sends an error a byte at a time", (response) => drip(response, 500)),
  answers("stops in the middle", (response) => void response.write('{"kind":')),
  answers("breaks off in the middle", (response) => response.write('{"kind":', () => response.destroy())),
  answers("resets the connection", (response) => response.socket?.resetAndDestroy()),
  answers("promises more than it sends", (response) => response.writeHead(200, { "content-length": "9999" }).end("{}")),
  answers("sends without an end", (response) => void flood(response, 200)),
  answers("sends an error without an end", (response) => void flood(response, 500)),
  answers("shows a login page", (response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>"),
  ),
  answers("redirects to a login page", (response) => response.writeHead(302, { location: "/login" }).end("Found")),
  answers("redirects to itself", (response, { url }) => response.writeHead(307, { location: url }).end()),
  answers("answers nothing, with success", (response) => response.writeHead(200).end()),
  answers("answers with no content", (response) => response.writeHead(204).end()),
  answers("answers with null", (response) => response.end("null")),
  answers("answers with a list", (response) => response.end("[]")),
  answers("answers with another kind", (response) => response.end('{"kind":"SecretList","metadata":{},"items":[]}')),
  answers("answers with an error as success", (response) => response.end('{"kind":"Status","code":500}')),
  answers("nests deeper than the stack", (response) => response.end(`${"[".repeat(200_000)}${"]".repeat(200_000)}`)),
  answers("forgets every token", (response) => response.writeHead(410).end("{}")),
  answers("asks to wait for a year", (response) => response.writeHead(429, { "retry-after": "31536000" }).end()),
  answers("has too many requests for ever", (response) => response.writeHead(429).end()),
  answers("is always about to come up", (response) => response.writeHead(503, { "retry-after": "1" }).end()),
  answers("refuses every credential", (response) => response.writeHead(401).end("{}")),
  answers("forbids all, and moves the cursor", (response) =>
    response.writeHead(403).end(JSON.stringify({ kind: "Status", message: "\u001b[2J\u001b]0;owned\u0007no" })),
  ),
  answers("repeats the credentials in an error", (response, { headers }) =>
    response.writeHead(500).end(JSON.stringify({ kind: "Status", message: `bad: ${headers.authorization}` })),
  ),
  answers("says gzip, and sends something else", (response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end("this is not gzip"),
  ),
  answers("is not UTF-8", (response) => response.end(Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]))),
];

function drip(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer));
}

async function flood(response: ServerResponse, status: number): Promise<void> {
  const piece = Buffer.alloc(1024 * 1024, " ");
  const endless = function* () {
    for (;;) yield piece;
  };
  response.writeHead(status);
  // The reader goes away, and that ends it.
  await pipeline(Readable.from(endless()), response).catch(() => {});
}
