// Stands in for istio/examples-helloworld: helloworld.mjs PORT VERSION INSTANCE CLUSTER
import { createServer } from "node:http";

const [port, version, instance, cluster] = process.argv.slice(2);

// An app that closes idle connections does so under calls that Envoy sends at that moment, whatever the mesh does.
createServer({ keepAliveTimeout: 0 }, (request, response) => {
  response.setHeader("x-answered-by", `${cluster}/${instance}`);
  const path = (request.url ?? "").split("?")[0];
  if (path === "/hello") response.end(`Hello version: ${version}, instance: ${instance}\n`);
  else if (path === "/health") response.end("Helloworld is healthy");
  else {
    response.statusCode = 404;
    response.end("not found\n");
  }
}).listen(Number(port), "0.0.0.0");
