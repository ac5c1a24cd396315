import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueCertificate } from "../src/certificates.ts";
import { type KubeObject, type Lab, startLab, waitFor } from "../src/index.ts";
import { httpbin, namespace } from "./manifests.ts";

let home: string;
let files: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-lab-gateway-"));
  files = await mkdtemp(join(tmpdir(), "isthmus-lab-files-"));
  lab = await startLab({ home, clusters: 1, nodes: 2, gateway: "LoadBalancer", roots: "separate" });
  await lab.apply("cluster1", [namespace("bar", { "istio-injection": "enabled" }), ...httpbin("bar")]);
});

afterAll(async () => {
  await lab?.down();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

test("a Secret's certificate serves mutual TLS from outside, on the load balancer and on every node", async () => {
  const authority = await createAuthority("CN=outside");
  const server = await issueCertificate(authority, { subject: "CN=httpbin", names: ["httpbin.example.com"] });
  const client = await issueCertificate(authority, { subject: "CN=client" });
  const texts = { "ca.crt": authority.certificate, "client.crt": client.certificate, "client.key": client.key };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(files, name), text);
  await lab.apply("cluster1", [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "httpbin-credential", namespace: "istio-system" },
      stringData: { "tls.crt": server.certificate, "tls.key": server.key, "ca.crt": authority.certificate },
    },
    ...externalRoute(),
  ]);

  const balancer = await balancerAddress();
  const [first, second] = lab.cluster("cluster1").nodes.map((node) => `${node.address}:30830`);

  expect(await statusFrom(`${balancer}:443`, true)).toBe("418");
  expect(await statusFrom(first ?? "", true)).toBe("418");
  expect(await statusFrom(second ?? "", true)).toBe("418");
  await expect(ask(`${balancer}:443`, false)).rejects.toThrow("exit code");
});

async function balancerAddress(): Promise<string> {
  const path = "/api/v1/namespaces/istio-system/services/istio-ingressgateway";
  const service = await lab.cluster("cluster1").api.get<{
    readonly status: { readonly loadBalancer: { readonly ingress: readonly { readonly ip: string }[] } };
  }>(path);
  return service?.status.loadBalancer.ingress[0]?.ip ?? "";
}

async function statusFrom(address: string, withCertificate: boolean): Promise<string> {
  return waitFor(`418 from ${address}`, async () => {
    const status = await ask(address, withCertificate);
    return status === "418" && status;
  });
}

async function ask(address: string, withCertificate: boolean): Promise<string> {
  const identity = withCertificate ? ["--cert", join(files, "client.crt"), "--key", join(files, "client.key")] : [];
  const target = ["--connect-to", `httpbin.example.com:443:${address}`, "https://httpbin.example.com/status/418"];
  const fixed = ["-sS", "-m", "3", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", join(files, "ca.crt")];
  return (await execa("curl", [...fixed, ...identity, ...target])).stdout;
}

function externalRoute(): KubeObject[] {
  const hosts = ["httpbin.example.com"];
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "outside", namespace: "bar" },
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [
          {
            port: { number: 443, name: "https", protocol: "HTTPS" },
            tls: { mode: "MUTUAL", credentialName: "httpbin-credential" },
            hosts,
          },
        ],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: "outside", namespace: "bar" },
      spec: {
        hosts,
        gateways: ["outside"],
        http: [{ route: [{ destination: { host: "httpbin.bar.svc.cluster.local", port: { number: 8000 } } }] }],
      },
    },
  ];
}
