import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";

/** Called for each write that is not a dry run, in the order in which they come. `number` begins with 1. */
export interface WriteHooks {
  readonly before?: (cluster: string, number: number) => Promise<void>;
  /** The API server has answered, the client has not got it; "lost": and never will. */
  readonly after?: (cluster: string, number: number) => Promise<"lost" | "sent">;
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string };
  }[];
}

/** Stands on loopback before the API servers of a kubeconfig, so that a test can act at exactly the nth write. */
export class WriteProxy {
  hooks: WriteHooks = {};
  writes = 0;
  readonly #closers: (() => void)[] = [];

  /** Writes the kubeconfig that leads through the proxy to `path`. */
  async open(kubeconfig: string, path: string): Promise<void> {
    const config: Kubeconfig = JSON.parse(await readFile(kubeconfig, "utf8"));
    const contexts = await Promise.all(
      config.clusters.map(async ({ name, cluster }) => {
        const user = config.users.find((each) => each.name === `${name}-admin`)?.user;
        const agent = new Agent({
          keepAlive: true,
          ca: Buffer.from(cluster["certificate-authority-data"], "base64"),
          cert: Buffer.from(user?.["client-certificate-data"] ?? "", "base64"),
          key: Buffer.from(user?.["client-key-data"] ?? "", "base64"),
        });
        const server = createServer((from, to) => void this.#forward(name, { from, to }, cluster.server, agent));
        server.keepAliveTimeout = 0;
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        this.#closers.push(() => {
          server.closeAllConnections();
          server.close();
          agent.destroy();
        });
        return { name, port: (server.address() as AddressInfo).port };
      }),
    );
    const through = {
      apiVersion: "v1",
      kind: "Config",
      clusters: contexts.map(({ name, port }) => ({ name, cluster: { server: `http://127.0.0.1:${port}` } })),
      users: [{ name: "nobody", user: {} }],
      contexts: contexts.map(({ name }) => ({ name, context: { cluster: name, user: "nobody" } })),
    };
    await writeFile(path, JSON.stringify(through));
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  async #forward(
    cluster: string,
    { from, to }: { readonly from: IncomingMessage; readonly to: ServerResponse },
    server: string,
    agent: Agent,
  ): Promise<void> {
    const isWrite = from.method !== "GET" && !(from.url ?? "").includes("dryRun=All");
    if (isWrite) this.writes += 1;
    const number = this.writes;
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk);
    if (isWrite) await this.hooks.before?.(cluster, number);
    const { host: _host, connection: _connection, ...headers } = from.headers;
    const forwarded = request(`${server}${from.url}`, { agent, method: from.method ?? "GET", headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", () => to.destroy());
      answer.on("end", async () => {
        if (isWrite && (await this.hooks.after?.(cluster, number)) === "lost") {
          to.destroy();
          return;
        }
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        to.end(Buffer.concat(parts));
      });
    });
    // What the client would see without us: a connection that breaks.
    forwarded.on("error", () => to.destroy());
    forwarded.end(Buffer.concat(chunks));
  }
}
