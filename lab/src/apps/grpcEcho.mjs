// A gRPC service without a library: grpcEcho.mjs PORT INSTANCE. Any unary method gives back the request's message;
// the header `x-instance` tells who answered.
import { createServer } from "node:http2";

const [port, instance] = process.argv.slice(2);

createServer()
  .on("stream", (stream, headers) => {
    const chunks = [];
    stream.on("error", () => stream.close());
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => {
      if (headers["content-type"]?.startsWith("application/grpc") !== true) {
        stream.respond({ ":status": 415 }, { endStream: true });
        return;
      }
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", "x-instance": instance },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.concat(chunks));
    });
  })
  .listen(Number(port), "0.0.0.0");
