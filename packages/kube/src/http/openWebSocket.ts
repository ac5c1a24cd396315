import type { Dispatcher, WebSocket } from "undici";

/** Called from the first message on: one may come with the answer that opens the WebSocket. */
export interface WebSocketListener {
  onMessage(data: ArrayBuffer): void;
  onClose(code: number, reason: string): void;
}

export interface WebSocketOptions {
  readonly listener: WebSocketListener;
  readonly dispatcher: Dispatcher;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly signal?: AbortSignal | undefined;
}

/** An open WebSocket; undefined where the server does not open one. Throws the signal's reason, or why there is no connection. */
export async function openWebSocket(url: string, options: WebSocketOptions): Promise<WebSocket | undefined> {
  const { WebSocket } = await import("./webSocket.ts");
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
  socket.onmessage = ({ data }: { readonly data: ArrayBuffer }) => options.listener.onMessage(data);
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
      socket.onclose = ({ code, reason }) => options.listener.onClose(code, reason);
      resolve(socket);
    };
    socket.onerror = () => {
      settled();
      resolve(undefined);
    };
  });
}
