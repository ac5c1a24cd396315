import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setInterval as every } from "node:timers/promises";
import { type KindEntry, kindEntry } from "@isthmus/core";
import { expect, test } from "vitest";
import { createKubeClient } from "./createKubeClient.ts";

type Answer = (response: ServerResponse, request: IncomingMessage, count: number) => void;

const services = kindEntry("", "Service") as KindEntry;
const page = (fields: object) => JSON.stringify({ kind: "ServiceList", metadata: {}, items: [], ...fields });

const unreachable = { code: "CLUSTER_UNREACHABLE" };
const malformed = (why: string) => ({ code: "ANSWER_MALFORMED", message: expect.stringContaining(why) });

const hostile: readonly [string, Answer, object][] = [
  ["says nothing", () => {}, unreachable],
  [
    "sends a byte now and then",
    (response) => void drip(response, 200),
    { ...unreachable, message: expect.stringMatching(/does not end its answer within 0.5 s$/) },
  ],
  ["sends an error a byte at a time", (response) => void drip(response, 500), unreachable],
  ["stops in the middle", (response) => void response.write('{"kind":'), unreachable],
  ["breaks off in the middle", (response) => response.write('{"kind":', () => response.destroy()), unreachable],
  ["resets the connection", (response) => response.socket?.resetAndDestroy(), unreachable],
  [
    "says that it sends more than it does",
    (response) => response.writeHead(200, { "content-length": "9999" }).end("{}"),
    unreachable,
  ],
  [
    "speaks another protocol",
    (response) => void response.socket?.end("SSH-2.0-OpenSSH_9.9\r\n"),
    { ...unreachable, message: expect.stringMatching(/does not speak HTTP$/) },
  ],
  ["sends an error without an end", (response) => void flood(response, 500), { status: 500 }],
  [
    "has the same next page for ever",
    (response) => response.end(page({ metadata: { continue: "next" } })),
    malformed("after 2 pages it has no end"),
  ],
  [
    "has always one more page",
    (response, _request, count) => response.end(page({ metadata: { continue: `${count}` } })),
    malformed("after 1000 pages it has no end"),
  ],
  [
    "shows a login page",
    (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>"),
    malformed("is not JSON"),
  ],
  [
    "redirects to a login page",
    (response) => response.writeHead(302, { location: "/login" }).end("Found"),
    { status: 302 },
  ],
  ["redirects to itself", (response, { url }) => response.writeHead(307, { location: url }).end(), { status: 307 }],
  ["answers nothing, with success", (response) => response.writeHead(200).end(), malformed("the answer is empty")],
  ["answers with no content", (response) => response.writeHead(204).end(), malformed("the answer is empty")],
  ["answers with null", (response) => response.end("null"), malformed("it")],
  ["answers with a list", (response) => response.end("[]"), malformed("it")],
  ["answers with another kind", (response) => response.end(page({ kind: "PodList" })), malformed("kind")],
  ["answers with items that are a number", (response) => response.end(page({ items: 7 })), malformed("items")],
  ["answers with items of null", (response) => response.end(page({ items: [null] })), malformed("items[0]")],
  ["answers with an error as success", (response) => response.end('{"kind":"Status","code":500}'), malformed("kind")],
  [
    "nests deeper than the stack",
    (response) => response.end(`${"[".repeat(200_000)}${"]".repeat(200_000)}`),
    { code: "ANSWER_MALFORMED" },
  ],
  ["forgets every token", (response) => response.writeHead(410).end("{}"), { status: 410 }],
  [
    "asks to wait for a year",
    (response) => response.writeHead(429, { "retry-after": "31536000" }).end(),
    { status: 429 },
  ],
];

test.each(hostile)("a server that %s is told within the deadline", async (_name, answer, failure) => {
  await using bench = await open(answer);
  const start = performance.now();

  await expect(bench.client.list(services)).rejects.toMatchObject(failure);

  expect(performance.now() - start).toBeLessThan(10_000);
});

test("a server that sends without an end is not read to its end", async () => {
  await using bench = await open((response) => void flood(response, 200), 20_000);

  await expect(bench.client.list(services)).rejects.toMatchObject(malformed("more than 16 MB"));
});

test("where a page is too large for memory, smaller ones are asked for", async () => {
  const item = { metadata: { name: "a", namespace: "b", annotations: { text: "x".repeat(1_000_000) } }, spec: {} };
  await using bench = await open((response, { url = "" }) => {
    response.end(page({ items: Array.from({ length: url.includes("limit=500") ? 20 : 2 }, () => item) }));
  }, 20_000);

  expect(await bench.client.list(services)).toHaveLength(2);
});

test("a server that drips does not keep an exec in a pod waiting either", async () => {
  await using bench = await open((response) => void drip(response, 200));

  await expect(bench.client.exec({ namespace: "a", pod: "b", container: "c" }, ["true"])).rejects.toMatchObject({
    status: 500,
    message: expect.stringContaining("does not open a WebSocket"),
  });
});

test("an event of a watch that has no end is told, and not kept", async () => {
  await using bench = await open((response) => void flood(response, 200));
  const watching = bench.client.watch(services, "1")[Symbol.asyncIterator]();

  await expect(watching.next()).rejects.toMatchObject(malformed("a line of more than"));
});

test("a watch that sends slowly is not a hostile server: it has no deadline", async () => {
  const event = JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "7" } } });
  await using bench = await open(async (response) => {
    for await (const _ of every(400)) if (!response.write(`${event}\n`)) return;
  });
  let events = 0;

  for await (const _event of bench.client.watch(services, "1")) if (++events === 3) break;

  expect(events).toBe(3);
});

async function drip(response: ServerResponse, status: number): Promise<void> {
  response.writeHead(status, { "content-type": "application/json" });
  for await (const _ of every(20)) {
    if (response.destroyed) return;
    response.write(" ");
  }
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

async function open(answer: Answer, deadline = 500) {
  let count = 0;
  const server = createServer((request, response) => answer(response, request, ++count));
  server.on("upgrade", (_request, socket) => {
    const timer = setInterval(() => socket.write(" "), 20);
    socket.on("close", () => clearInterval(timer)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubeClient(
    { name: "hostile", server: `http://127.0.0.1:${port}`, user: {} },
    { timeouts: { answer: deadline, headers: 300, body: 300, watch: 5_000 }, retry: { attempts: 2, firstPause: 10 } },
  );
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
