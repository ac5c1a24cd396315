// Stands in for istio/examples-bookinfo-*: bookinfo.mjs PORT SERVICE VERSION INSTANCE CLUSTER. The services of Istio's first sample, by their paths
// and by whom they call; each answer names, in JSON, who gave it and what those whom it called said.
import { Agent, createServer, get } from "node:http";

const [port, service, version, instance, cluster] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

/** Whom a service calls: reviews of version 1 show no ratings. */
const callees = { productpage: ["details", "reviews"], reviews: version === "v1" ? [] : ["ratings"] }[service] ?? [];
const path =
  service === "productpage" ? /^\/(productpage|login|logout|api\/v1\/products.*)?$/ : new RegExp(`^/${service}/\\d+$`);
const forwarded = ["end-user", "x-request-id", "authorization"];

createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  const [asked] = (request.url ?? "").split("?");
  response.setHeader("x-answered-by", `${cluster}/${instance}`);
  if (asked === "/health") return response.end("healthy\n");
  if (!path.test(asked)) return response.writeHead(404).end("not found\n");
  const headers = Object.fromEntries(
    forwarded.flatMap((name) => (name in request.headers ? [[name, request.headers[name]]] : [])),
  );
  const calls = await Promise.all(
    callees.map(async (callee) => [callee, await call(`http://${callee}:9080/${callee}/0`, headers)]),
  );
  const body = { service, version, instance, calls: Object.fromEntries(calls) };
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify(body)}\n`);
}).listen(Number(port), "0.0.0.0");

function call(url, headers) {
  return new Promise((resolve) => {
    const request = get(url, { agent, headers, timeout: 3000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      response.on("end", () =>
        resolve(response.statusCode === 200 ? JSON.parse(text) : { status: response.statusCode }),
      );
    });
    request
      .on("timeout", () => request.destroy(new Error("timeout")))
      .on("error", ({ message }) => resolve({ error: message }));
  });
}
