// Stands in for istio/tcp-echo-server: tcpEcho.mjs PORT[,PORT...] PREFIX. Answers each line with the prefix before it.
import { createServer } from "node:net";

const [ports, prefix] = process.argv.slice(2);

for (const port of (ports ?? "").split(",")) {
  createServer((socket) => {
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) socket.write(`${prefix} ${line}\n`);
    });
  }).listen(Number(port), "0.0.0.0");
}
