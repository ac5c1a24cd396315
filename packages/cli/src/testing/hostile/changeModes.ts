import type { IncomingMessage, ServerResponse } from "node:http";
import type { HostileMode, RealAnswer } from "./hostileMode.ts";

type Change = (response: ServerResponse, request: IncomingMessage, real: RealAnswer) => boolean;

// biome-ignore lint/suspicious/noExplicitAny: what a hostile server makes of an answer has no type.
type Json = any;

/** Every item of every list, changed. */
const items =
  (change: (item: Json) => unknown): Change =>
  (response, { method, url = "" }, { status, body }) => {
    if (method !== "GET" || status !== 200 || !url.includes("limit=")) return false;
    const list = JSON.parse(body);
    response.end(JSON.stringify({ ...list, items: list.items.map(change) }));
    return true;
  };

/** The answer to a write, dry runs left out. */
const written =
  (answer: (response: ServerResponse, real: RealAnswer) => void): Change =>
  (response, { method, url = "" }, real) => {
    if (method !== "PATCH" || url.includes("dryRun")) return false;
    answer(response, real);
    return true;
  };

const metadata = (fields: object) =>
  written((response, { body }) => {
    const object = JSON.parse(body);
    response.end(JSON.stringify({ ...object, metadata: { ...object.metadata, ...fields } }));
  });

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const changes = (name: string, change: Change): HostileMode => ({ kind: "changes", name, change });
const writes = (name: string, change: Change): HostileMode => ({ kind: "writes", name, change });

/** A server that is one, but for what it says. */
export const changeModes: readonly HostileMode[] = [
  changes(
    "has objects without metadata",
    items(({ metadata: _, ...rest }) => rest),
  ),
  changes(
    "has objects whose spec is text",
    items((item) => ({ ...item, spec: "none" })),
  ),
  changes(
    "has names that move the cursor",
    items((item) => ({ ...item, metadata: { ...item.metadata, name: "\u001b[2J" } })),
  ),
  changes(
    "has keys that are JavaScript's own",
    items((item) => JSON.parse(`{"__proto__":{"a":1},${JSON.stringify(item).slice(1)}`)),
  ),
  changes(
    "has objects that are all the same",
    items((item) => ({ ...item, metadata: { name: "same", namespace: "bar" } })),
  ),
  changes(
    "has objects that nest 3,000 deep",
    items((item) => ({ ...item, spec: { ...item.spec, deep: JSON.parse(deep(3000)) } })),
  ),
  changes("says another version each time", (response, { url = "" }) => {
    if (!url.startsWith("/version")) return false;
    response.end(JSON.stringify({ gitVersion: { major: 1 } }));
    return true;
  }),
];

/** A server that is one until it is written to. */
export const writeModes: readonly HostileMode[] = [
  writes(
    "swallows writes",
    written(() => {}),
  ),
  writes(
    "resets the connection after a write",
    written((response) => response.socket?.resetAndDestroy()),
  ),
  writes(
    "drips its answer to a write",
    written((response) => {
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    }),
  ),
  writes("answers a write with another uid", metadata({ uid: "another" })),
  writes("answers a write with another name", metadata({ name: "another" })),
  writes(
    "answers a write with a login page",
    written((response) => response.end("<html>Log in</html>")),
  ),
  writes(
    "answers a write with null",
    written((response) => response.end("null")),
  ),
  writes(
    "answers a write with nothing",
    written((response) => response.writeHead(204).end()),
  ),
  writes(
    "says to every write that it conflicts",
    written((response) => response.writeHead(409).end("{}")),
  ),
  writes(
    "has too many writes for ever",
    written((response) => response.writeHead(429, { "retry-after": "1" }).end()),
  ),
  writes(
    "fails every write",
    written((response) => response.writeHead(500).end("{}")),
  ),
  writes("never ends a dry run", (_response, { method, url = "" }) => method === "PATCH" && url.includes("dryRun")),
];
