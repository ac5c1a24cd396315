import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type KubeClient } from "@isthmus/kube";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";

let home: string;
let lab: Lab;
let client: KubeClient;
let gateway: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-pods-"));
  lab = await startLab({ home, clusters: 1 });
  client = await connect({ kubeconfigPath: lab.kubeconfig, context: "cluster1" });
  gateway = (await lab.pod("cluster1", "istio-system/istio-ingressgateway")).name;
});

afterAll(async () => {
  await client?.close();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const inGateway = () => ({ namespace: "istio-system", pod: gateway, container: "istio-proxy" });

test("a command in a container gives back its output and its exit code", async () => {
  const done = await client.exec(inGateway(), ["sh", "-c", "cat; echo oops >&2; exit 3"], { stdin: "hello\n" });

  expect(done).toEqual({ exitCode: 3, stdout: "hello\n", stderr: "oops\n" });
});

test("a megabyte of output arrives whole", async () => {
  const { stdout } = await client.exec(inGateway(), ["head", "-c", "1000000", "/dev/zero"]);

  expect(stdout).toHaveLength(1_000_000);
});

test("a pod that is not there is the API server's own answer", async () => {
  const missing = { ...inGateway(), pod: "nobody" };

  await expect(client.exec(missing, ["true"])).rejects.toMatchObject({ name: "KubeError", status: 404 });
  await expect(client.portForward({ ...missing, port: 15000 })).rejects.toMatchObject({
    name: "KubeError",
    status: 404,
  });
});

test("a command that hangs ends with the caller's patience", async () => {
  const signal = AbortSignal.timeout(500);

  await expect(client.exec(inGateway(), ["sleep", "60"], { signal })).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a forwarded port speaks HTTP with Envoy's admin interface", async () => {
  const socket = await client.portForward({ namespace: "istio-system", pod: gateway, port: 15000 });
  const asked = request({ path: "/server_info", headers: { connection: "close" }, createConnection: () => socket });
  const answered = once(asked, "response");
  asked.end();

  const [response] = await answered;

  expect(response.statusCode).toBe(200);
  expect(JSON.parse(await text(response))).toMatchObject({ state: "LIVE" });
});

test("a port where nobody listens ends the connection with an error", async () => {
  const read = async () => text(await client.portForward({ namespace: "istio-system", pod: gateway, port: 9 }));

  await expect(read()).rejects.toThrow(/refused/);
});
