import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { text } from "node:stream/consumers";
import type { HostileMode, RealAnswer } from "./hostileMode.ts";

export interface HostileCluster extends AsyncDisposable {
  readonly url: string;
}

/** A cluster's address where what a mode says happens; `real` is what stands behind. */
export async function startHostileCluster(mode: HostileMode, real: { readonly url: string }): Promise<HostileCluster> {
  const server = serverOf(mode, real);
  if (server === undefined) return { url: real.url, [Symbol.asyncDispose]: async () => {} };
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const scheme = mode.kind === "connects" && mode.https === true ? "https" : "http";
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serverOf(mode: HostileMode, real: { readonly url: string }): Server | TcpServer | undefined {
  switch (mode.kind) {
    case "plugin":
      return undefined;
    case "connects":
      return createTcpServer({ allowHalfOpen: true }, mode.connect);
    case "answers": {
      let count = 0;
      return createServer((request, response) => {
        count += 1;
        mode.answer(response, request, count);
      });
    }
    case "changes":
    case "writes":
      return createServer((request, response) => {
        answerOf(request, real.url).then(
          (answer) => {
            if (!mode.change(response, request, answer)) pass(response, answer);
          },
          // The test is over, or the command is.
          () => response.destroy(),
        );
      });
  }
}

async function answerOf(request: IncomingMessage, url: string): Promise<RealAnswer> {
  const body = await text(request);
  const { method = "GET", headers } = request;
  return new Promise((resolve, reject) => {
    const asked = ask(`${url}${request.url}`, { method, headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.on("error", reject).end(body);
  });
}

function pass(response: ServerResponse, { status, body }: RealAnswer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}
