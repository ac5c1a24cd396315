import { Duplex } from "node:stream";
import type { WebSocket } from "undici";
import type { WebSocketListener } from "../http/openWebSocket.ts";
import type { Session } from "../http/session.ts";
import type { CallOptions, PodPort } from "../kubeClient.ts";
import { podPath } from "./podPath.ts";

/** k8s.io/cri-streaming/pkg/streaming/portforward/websocket.go */
const protocol = "v4.channel.k8s.io";

/** The first byte of every message, for the first and only port. */
const channels = { data: 0, error: 1 } as const;

/** See `KubeClient.portForward`. */
export async function forwardPort(session: Session, at: PodPort, { signal }: CallOptions): Promise<Duplex> {
  const call = { verb: "create", resource: "pods/portforward", namespace: at.namespace, name: at.pod } as const;
  const path = podPath(at, "portforward", [["ports", `${at.port}`]]);
  let socket: WebSocket | undefined;
  const greeted = new Set<number>();
  const stream = new Duplex({
    ...(signal === undefined ? {} : { signal }),
    read() {},
    write(chunk: Buffer, _encoding, done) {
      socket?.send(Buffer.concat([Buffer.of(channels.data), chunk]));
      done();
    },
    // The protocol has no half-closed connections.
    final(done) {
      done();
    },
    destroy(error, done) {
      socket?.close();
      done(error);
    },
  });
  const listener: WebSocketListener = {
    onMessage(data) {
      const message = Buffer.from(data);
      const channel = message[0] ?? 0;
      // Each channel begins with a message that repeats the port.
      if (!greeted.has(channel)) {
        greeted.add(channel);
        return;
      }
      if (channel === channels.data) stream.push(message.subarray(1));
      if (channel === channels.error) stream.destroy(new Error(message.subarray(1).toString().trim()));
    },
    onClose: () => void stream.push(null),
  };
  // It may fail before anybody else listens; that is told below.
  stream.on("error", () => {});
  socket = await session.webSocket({ call, path, protocols: [protocol], listener, signal });
  if (stream.errored !== null) throw stream.errored;
  return stream;
}
