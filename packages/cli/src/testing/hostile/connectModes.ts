import type { Socket } from "node:net";
import type { HostileMode } from "./hostileMode.ts";

const connects = (name: string, connect: (socket: Socket) => void): HostileMode => ({
  kind: "connects",
  name,
  connect,
});
const overTls = (name: string, connect: (socket: Socket) => void): HostileMode => ({
  ...{ kind: "connects", name, connect },
  https: true,
});

/** Text again and again as long as somebody reads it. */
function repeat(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.on("close", () => clearInterval(timer));
}

const onceAsked = (answer: (socket: Socket) => void) => (socket: Socket) =>
  void socket.once("data", () => answer(socket));

/** What goes wrong below an answer of HTTP. */
export const connectModes: readonly HostileMode[] = [
  connects("closes at once", (socket) => void socket.end()),
  connects(
    "closes once it is asked",
    onceAsked((socket) => void socket.end()),
  ),
  connects("speaks another protocol", (socket) => void socket.end("SSH-2.0-OpenSSH_9.9\r\n")),
  connects(
    "answers as HTTP did in 1991",
    onceAsked((socket) => void socket.end("<html>hello</html>")),
  ),
  connects(
    "sends its headers a byte at a time",
    onceAsked((socket) => repeat(socket, "x")),
  ),
  connects(
    "sends one header after the other for ever",
    onceAsked((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      repeat(socket, `x-header: ${"y".repeat(500)}\r\n`);
    }),
  ),
  connects(
    "sends headers that are none",
    onceAsked((socket) => void socket.end("HTTP/1.1 200 OK\r\nno header\r\n\r\n{}")),
  ),
  connects(
    "says to go on, for ever",
    onceAsked((socket) => repeat(socket, "HTTP/1.1 100 Continue\r\n\r\n")),
  ),
  connects(
    "changes the protocol unasked",
    onceAsked(
      (socket) =>
        void socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
    ),
  ),
  connects(
    "sends a chunk of no size",
    onceAsked((socket) => void socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnine\r\n{}\r\n")),
  ),
  connects("half closes, and never answers", (socket) => {
    socket.end();
    socket.resume();
  }),
  overTls(
    "answers TLS with garbage",
    onceAsked((socket) => void socket.write(Buffer.alloc(4096, 0x16))),
  ),
  overTls(
    "answers TLS with plain HTTP",
    onceAsked((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  ),
  overTls("begins TLS and never goes on", (socket) => void socket.resume()),
];
