import type { Dispatcher, WebSocket } from "undici";

export interface WebSocketOptions {
  readonly dispatcher: Dispatcher;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly signal?: AbortSignal | undefined;
}

/** An open WebSocket; undefined where the server does not open one. Throws the signal's reason, or why there is no connection. */
export async function openWebSocket(url: string, options: WebSocketOptions): Promise<WebSocket | undefined> {
  const { WebSocket } = await import("undici");
  const { signal } = options;
  signal?.throwIfAborted();
  const socket = new WebSocket(url, {
    dispatcher: options.dispatcher,
    protocols: [...options.protocols],
    headers: Object.entries(options.headers).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  });
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      socket.close();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settled = () => signal?.removeEventListener("abort", onAbort);
    socket.onopen = () => {
      settled();
      socket.onerror = null;
      resolve(socket);
    };
    socket.onerror = () => {
      settled();
      resolve(undefined);
    };
  });
}
