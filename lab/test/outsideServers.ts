import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Certificate } from "../src/certificates.ts";

/** A server outside the mesh, in the test's own process: pods reach it at the bridge of the lab's network. */
export interface OutsideServer extends AsyncDisposable {
  /** What callers asked for: SNI and Host for each request to an HTTPS server, the path for one to an HTTP server. */
  readonly calls: readonly string[];
  /** The addresses that connections came from. */
  readonly callers: readonly (string | undefined)[];
}

/** Answers every line with `<name>: <line>`. */
export async function startEcho(name: string, address: string, port: number): Promise<OutsideServer> {
  const callers: (string | undefined)[] = [];
  const server = createServer((socket) => {
    callers.push(socket.remoteAddress);
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => socket.write(`${name}: ${data}`));
  });
  await listen(server, address, port);
  return { calls: [], callers, [Symbol.asyncDispose]: () => close(server) };
}

export async function startHttps(certificate: Certificate, address: string, port: number): Promise<OutsideServer> {
  const calls: string[] = [];
  const callers: (string | undefined)[] = [];
  const server = createHttpsServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
    const call = `${(request.socket as TLSSocket).servername} ${request.headers.host}`;
    calls.push(call);
    callers.push(request.socket.remoteAddress);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("x-answered-by", "outside");
    response.end(`${call}\n`);
  });
  await listen(server, address, port);
  return { calls, callers, [Symbol.asyncDispose]: () => close(server) };
}

/** Plain HTTP: the same text for every request, whose path is noted. */
export async function startText(text: string, address: string, port: number): Promise<OutsideServer> {
  const calls: string[] = [];
  const callers: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    calls.push(request.url ?? "");
    callers.push(request.socket.remoteAddress);
    response.end(text);
  });
  await listen(server, address, port);
  return { calls, callers, [Symbol.asyncDispose]: () => close(server) };
}

/** HTTP without TLS. Its answers have the header by which go-httpbin's can be told from a proxy's, as those of HTTPS do. */
export async function startPlain(address: string, port: number): Promise<OutsideServer> {
  const calls: string[] = [];
  const callers: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    calls.push(`${request.headers.host}`);
    callers.push(request.socket.remoteAddress);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("x-answered-by", "outside");
    response.end(`${request.headers.host}\n`);
  });
  await listen(server, address, port);
  return { calls, callers, [Symbol.asyncDispose]: () => close(server) };
}

function listen(server: ReturnType<typeof createServer> | Server, address: string, port: number): Promise<void> {
  // Idle connections stay open: Node's five seconds would end some under a call, whatever the mesh does.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
}

function close(server: ReturnType<typeof createServer> | Server): Promise<void> {
  if ("closeAllConnections" in server) server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
