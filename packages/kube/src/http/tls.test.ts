import { createServer } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import {
  createTestAuthority,
  type FakeApiServerOptions,
  startFakeApiServer,
  type TestCertificate,
} from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { ClusterAccess, UserAccess } from "../clusterAccess.ts";
import { createKubeClient } from "../createKubeClient.ts";

const authority = await createTestAuthority();
const serverCertificate = await authority.issue("CN=server");
const yesterday = new Date(Math.floor(Date.now() / 1000) * 1000 - 24 * 3_600_000);

test("a client certificate opens the door, and no one else comes in", async () => {
  const client = await authority.issue("CN=admin");

  expect(await version({ user: certified(client) })).toBe("v1.37.2");
  expect(await version({ user: {} })).toMatchObject({ code: "CLUSTER_UNAUTHORIZED" });
});

test("a client certificate that has expired is CLUSTER_CERTIFICATE and says since when", async () => {
  const client = await authority.issue("CN=admin", { until: yesterday });

  expect(await version({ user: certified(client) })).toMatchObject({
    code: "CLUSTER_CERTIFICATE",
    message: `cluster fake: the client certificate of the kubeconfig expired at ${yesterday.toISOString()}`,
  });
});

test("a server of another authority is CLUSTER_CERTIFICATE, unless checks are switched off", async () => {
  const other = await createTestAuthority("CN=other");
  const user = certified(await authority.issue("CN=admin"));

  expect(await version({ user, authority: { data: other.certificate } })).toMatchObject({
    code: "CLUSTER_CERTIFICATE",
    message: expect.stringContaining("not signed by the kubeconfig's certificate authority"),
  });
  expect(await version({ user, insecureSkipTlsVerify: true, authority: { data: other.certificate } })).toBe("v1.37.2");
});

test("a server whose certificate has expired is CLUSTER_CERTIFICATE", async () => {
  const expired = await authority.issue("CN=server", { until: yesterday });

  expect(await version({}, { certificate: expired.certificate, key: expired.key })).toMatchObject({
    code: "CLUSTER_CERTIFICATE",
    message: expect.stringMatching(/^cluster fake: the certificate of https:.* has expired$/),
  });
});

test("a certificate for another name is CLUSTER_CERTIFICATE, unless tls-server-name says that name", async () => {
  const named = await authority.issue("CN=server", { host: "api.example" });
  const tls = { certificate: named.certificate, key: named.key };

  expect(await version({}, tls)).toMatchObject({
    code: "CLUSTER_CERTIFICATE",
    message: expect.stringContaining("not for that host name"),
  });
  expect(await version({ tlsServerName: "api.example" }, tls)).toBe("v1.37.2");
});

test("a key that belongs to another certificate is KUBECONFIG_INVALID", async () => {
  const [one, two] = await Promise.all([authority.issue("CN=one"), authority.issue("CN=two")]);

  expect(await version({ user: certified({ certificate: one.certificate, key: two.key }) })).toMatchObject({
    code: "KUBECONFIG_INVALID",
    hint: "Certificate and key must be PEM and belong together: get a new kubeconfig.",
  });
});

test("proxy-url is the way to the server", async () => {
  const user = certified(await authority.issue("CN=admin"));
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const upstream = connectSocket(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;

  const answer = await version({ user, proxyUrl: `http://127.0.0.1:${port}` });
  proxy.close();

  expect([answer, asked]).toEqual(["v1.37.2", [expect.stringMatching(/^127\.0\.0\.1:\d+$/)]]);
});

function certified({ certificate, key }: TestCertificate): UserAccess {
  return { certificate: { data: certificate }, key: { data: key } };
}

/** What a client of a server with these certificates gets: the version, or the failure. */
async function version(access: Partial<ClusterAccess>, tls?: FakeApiServerOptions["tls"]): Promise<unknown> {
  const standard = { ...serverCertificate, clientAuthority: authority.certificate };
  await using server = await startFakeApiServer({ tls: tls ?? standard });
  const client = createKubeClient({
    name: "fake",
    server: server.url,
    authority: { data: authority.certificate },
    user: {},
    ...access,
  });
  const answer = await client.version().catch((failure: unknown) => failure);
  await client.close();
  return answer;
}
