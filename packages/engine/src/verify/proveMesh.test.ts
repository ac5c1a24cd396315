import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { compile, type Observed, type ObservedCluster } from "@isthmus/core";
import { type Authority, authoritySigner, createKeyPair, createRoot, inspectBundle, issue } from "@isthmus/pki";
import { intents, meshCluster, namespace, observedCluster, pod, service, sharedService } from "@isthmus/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CompiledMesh, proveMesh, type WireChoice } from "./proveMesh.ts";

const now = new Date();
const httpbin = "spiffe://cluster.local/ns/bar/sa/httpbin";

let root: Authority;
const servers: Server[] = [];

beforeAll(async () => {
  root = await createRoot({ name: "test", organization: "test", keys: await createKeyPair("ecdsa"), now });
});

afterAll(() => {
  for (const server of servers) server.close();
});

/** As httpbin's sidecar behind its gateway, where nobody is asked for a certificate; at a port of this machine. */
async function serve(identity: string): Promise<number> {
  const { certificate: cert, key } = await issue(authoritySigner(root, { description: "test", now: () => now }), {
    profile: "server",
    commonName: "",
    organization: "test",
    names: { uri: [identity] },
    keyKind: "ecdsa",
    days: 1,
    subject: identity,
    now,
  });
  const server = createServer({ cert, key }, (_request, response) => response.end("hello"));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createTcp().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const gatewayProxy = pod("istio-system/gateway", { app: "gateway" });
const gateway = {
  ...gatewayProxy,
  metadata: { ...gatewayProxy.metadata, labels: { istio: "ingressgateway" } },
  spec: { ...gatewayProxy.spec, containers: [{ name: "istio-proxy" }] },
};

/** Two clusters as an apply leaves them, cluster2's gateway at these ports of this machine. */
function meshAt(
  ports: readonly number[],
  change: (cluster: ObservedCluster) => ObservedCluster = (same) => same,
): CompiledMesh {
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  const declared = intents([sharedService("bar/httpbin")], {
    clusters: [meshCluster("cluster1"), meshCluster("cluster2", { eastWestGateway: { addresses } })],
  });
  const [facts] = inspectBundle(root.certificate);
  const trustRoots = [
    {
      fingerprint: facts?.fingerprint ?? "",
      subject: "CN=test",
      notAfter: facts?.notAfter ?? "",
      pem: root.certificate,
    },
  ];
  const clusters = [
    observedCluster("cluster1", "192.0.2.1", [namespace("foo"), pod("foo/sleep")], { trustRoots }),
    observedCluster("cluster2", "192.0.2.2", [namespace("bar"), service("bar/httpbin"), pod("bar/httpbin"), gateway], {
      trustRoots,
    }),
  ];
  const observed = (each: readonly ObservedCluster[]): Observed => ({
    clusters: new Map(each.map((cluster) => [cluster.name, cluster])),
    unreachable: new Map(),
  });
  const compiled = compile(declared, observed(clusters));
  const applied = clusters.map((cluster) => {
    const objects = [...cluster.objects, ...(compiled.desired.get(cluster.name) ?? [])];
    return change({ ...cluster, objects });
  });
  return { intents: declared, compiled, observed: observed(applied) };
}

async function prove(mesh: CompiledMesh, wire: WireChoice = "where possible") {
  const started: number[] = [];
  const [proof] = await proveMesh(mesh, {
    ...{ wire, reach: new Map(), timeout: 5000, now: () => now, onStart: (paths) => void started.push(paths) },
  });
  if (proof === undefined) throw new Error("one path is declared");
  return { verdict: proof.verdict, wire: proof.wire, started };
}

test("a path whose server answers stands, and who answered is told", async () => {
  const port = await serve(httpbin);

  const found = await prove(meshAt([port]), "always");

  expect(found).toMatchObject({
    verdict: "ok",
    wire: { status: "ok", detail: expect.stringContaining(`127.0.0.1:${port}: 200 from ${httpbin}`) },
    started: [1],
  });
});

test("a path that stands on paper and meets another server on the wire is broken", async () => {
  const port = await serve("spiffe://cluster.local/ns/bar/sa/other");

  const found = await prove(meshAt([port]));

  expect(found).toMatchObject({
    verdict: "broken",
    wire: { status: "broken", detail: expect.stringContaining(`not ${httpbin}`), probes: [{ status: "broken" }] },
  });
});

test("a gateway that cannot be reached from here leaves what is on paper, unless it has to be called", async () => {
  const port = await closedPort();
  const mesh = meshAt([port]);

  const found = await prove(mesh);
  const must = await prove(mesh, "always");

  const wire = { status: "not tried", detail: `127.0.0.1:${port}: not reachable from here: nobody listens there` };
  expect(found).toMatchObject({ verdict: "ok", wire: { ...wire, detail: expect.stringContaining(wire.detail) } });
  expect(must).toMatchObject({ verdict: "unknown", wire: { status: "not tried" } });
});

test("where each address has to be called, one that cannot be reached leaves the path unknown", async () => {
  const mesh = meshAt([await serve(httpbin), await closedPort()]);

  expect((await prove(mesh)).verdict).toBe("ok");
  expect((await prove(mesh, "always")).verdict).toBe("unknown");
});

test.each([
  ["the server's cluster is a directory", "cluster2", { source: "directory" }, "cluster2 is a directory"],
  ["the caller's cluster is one", "cluster1", { source: "directory" }, "cluster1 is a directory"],
  ["the caller's roots are not known", "cluster1", { trustRoots: [] }, "cluster1 does not publish"],
] satisfies [string, string, Partial<ObservedCluster>, string][])(
  "no packet is sent where %s, and the path says so",
  async (_, name, overrides, detail) => {
    const mesh = meshAt([await serve("spiffe://cluster.local/ns/bar/sa/other")], (cluster) =>
      cluster.name === name ? { ...cluster, ...overrides } : cluster,
    );

    const { wire, started } = await prove(mesh);

    expect(wire).toMatchObject({ status: "not tried", detail: expect.stringContaining(detail), probes: [] });
    expect(started).toEqual([]);
  },
);

test("where no packet is to be sent none is, and nothing is said of the wire", async () => {
  const mesh = meshAt([await serve("spiffe://cluster.local/ns/bar/sa/other")]);

  expect(await prove(mesh, "never")).toEqual({ verdict: "ok", wire: undefined, started: [] });
});
