import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** PEM; with `clientAuthority` client certificates are asked for. */
export interface ListenerTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority?: string;
}

/** A socket on 127.0.0.1 that can be closed with all its connections and opened again on the same port. */
export class Listener {
  readonly #serve: RequestListener;
  readonly #tls: ListenerTls | undefined;
  readonly #sockets = new Map<Socket, number>();
  #connections = 0;
  #server: Server | undefined;
  #port = 0;

  constructor(serve: RequestListener, tls: ListenerTls | undefined) {
    this.#serve = serve;
    this.#tls = tls;
  }

  get url(): string {
    return `${this.#tls === undefined ? "http" : "https"}://127.0.0.1:${this.#port}`;
  }

  /** Equal for requests that came on one connection. */
  connectionOf(request: IncomingMessage): number {
    return this.#sockets.get(request.socket) ?? 0;
  }

  async open(): Promise<void> {
    const server = this.#create();
    server.on(this.#tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.#connections += 1;
      this.#sockets.set(socket, this.#connections);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets.keys()) socket.destroy();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  #create(): Server {
    if (this.#tls === undefined) return createServer(this.#serve);
    const { certificate, key, clientAuthority } = this.#tls;
    return createTlsServer(
      {
        cert: certificate,
        key,
        ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
        // As kube-apiserver does: asked for in the handshake, judged when a request comes.
        requestCert: clientAuthority !== undefined,
        rejectUnauthorized: false,
      },
      this.#serve,
    );
  }
}
