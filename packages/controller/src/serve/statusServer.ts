import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { say, usage } from "@isthmus/core";
import type { Registry } from "prom-client";

export interface StatusServerOptions {
  /** Where to listen: `:8080`, `127.0.0.1:0`, `[::1]:9090`. */
  readonly address: string;
  readonly registry: Registry;
  /** Why the process does not do its work; undefined where it does. */
  readonly unready: () => string | undefined;
}

/** /healthz, /readyz and /metrics, and nothing else. */
export async function startStatusServer({ address, registry, unready }: StatusServerOptions): Promise<StatusServer> {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const serve = async ({ method, url }: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, text: string, type = "text/plain; charset=utf-8") =>
      response.writeHead(status, { "content-type": type }).end(text);
    if (method !== "GET") return answer(405, "only GET\n");
    switch (url) {
      case "/healthz":
        return answer(200, "ok\n");
      case "/readyz": {
        const why = unready();
        return why === undefined ? answer(200, "ok\n") : answer(503, `${why}\n`);
      }
      case "/metrics":
        return answer(200, await registry.metrics(), registry.contentType);
      default:
        return answer(404, "there are /healthz, /readyz and /metrics\n");
    }
  };
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
  if (port === "")
    throw usage(say`${{ address }} is not an address and port to listen at`, "such as :8080 or 127.0.0.1:8080");
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(Number(port), host === "" ? "0.0.0.0" : host.replaceAll(/[[\]]/g, ""), resolve);
  });
  return new StatusServer(server);
}

export class StatusServer implements AsyncDisposable {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
