import type { KubeObject } from "@isthmus/core";
import { createKubeClient } from "@isthmus/kube";
import {
  type Authority,
  authoritySigner,
  createKeyPair,
  createRoot,
  type Intermediate,
  inspectBundle,
  issueIntermediate,
} from "@isthmus/pki";
import type { RotationCluster } from "../observeTrust.ts";

/** When everything was issued. */
export const now = Date.parse("2026-11-24T12:00:00Z");
export const namespace = "istio-system";

export async function rootNamed(name: string): Promise<Authority> {
  return createRoot({ name, organization: "cluster.local", keys: await createKeyPair("ecdsa"), now: new Date(now) });
}

/** Issues intermediates of a root. */
export function issuer(root: Authority, time: number = now): (cluster: string) => Promise<Intermediate> {
  const signer = authoritySigner(root, { description: "a test", now: () => new Date(time) });
  return (cluster) =>
    issueIntermediate(signer, {
      cluster,
      trustDomain: "cluster.local",
      istioNamespace: namespace,
      now: new Date(time),
    });
}

/** testkit's, which only tests may import. */
export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  readonly writes: readonly unknown[];
  seed(objects: readonly KubeObject[]): void;
  stored(resource: string, namespace?: string): readonly unknown[];
}

/** A cluster whose Secret `cacerts` others wrote, with one istiod, which takes it over when `sync` is called, and one proxy. */
export class FakeCluster {
  readonly server: ApiServer;
  readonly at: RotationCluster;
  time = now;
  proxySince = now;
  private istiod = { roots: "", signer: "" };

  private constructor(cluster: string, server: ApiServer) {
    this.server = server;
    const client = createKubeClient({ name: cluster, server: server.url, user: {} });
    const ends = (pem: string) => Date.parse(inspectBundle(pem)[0]?.notAfter ?? "") / 1000;
    this.at = {
      cluster,
      client,
      istioNamespace: namespace,
      view: {
        istiod: async () => ({ rootEnds: ends(this.istiod.roots), signerEnds: ends(this.istiod.signer) }),
        timeLeft: async () => this.proxySince + 24 * 3_600_000 - this.time,
      },
    };
  }

  static async start(server: ApiServer, cluster: string, root: Authority, isMultiRoot = true): Promise<FakeCluster> {
    const fake = new FakeCluster(cluster, server);
    const { certificate } = await issuer(root, now - 3_600_000)(cluster);
    const data = { "ca-cert.pem": certificate, "root-cert.pem": root.certificate, "ca-key.pem": "a key" };
    fake.server.seed([
      { apiVersion: "v1", kind: "Secret", metadata: { name: "cacerts", namespace }, data: encoded(data) },
      istiodPod(isMultiRoot),
      proxyPod(),
    ]);
    fake.sync();
    return fake;
  }

  secret(): Readonly<Record<string, string>> {
    const [secret] = this.server.stored("secrets", namespace) as [{ data: Record<string, string> }];
    return Object.fromEntries(
      Object.entries(secret.data).map(([name, text]) => [name, Buffer.from(text, "base64").toString()]),
    );
  }

  /** What istiod does some time after the Secret changed. */
  sync(): void {
    const { "root-cert.pem": roots = "", "ca-cert.pem": signer = "" } = this.secret();
    this.istiod = { roots, signer };
    const published = { name: "istio-ca-root-cert", namespace };
    this.server.seed([{ apiVersion: "v1", kind: "ConfigMap", metadata: published, data: { "root-cert.pem": roots } }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.at.client.close();
    await this.server[Symbol.asyncDispose]();
  }
}

function encoded(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString("base64")]));
}

function istiodPod(isMultiRoot: boolean): KubeObject {
  const env = isMultiRoot ? [{ name: "ISTIO_MULTIROOT_MESH", value: "true" }] : [];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "istiod-1", namespace, labels: { app: "istiod" } },
    spec: { containers: [{ name: "discovery", env }] },
  };
}

function proxyPod(): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "shop" },
    spec: { containers: [{ name: "istio-proxy" }] },
    status: {
      containerStatuses: [{ name: "istio-proxy", state: { running: { startedAt: "2026-11-20T12:00:00Z" } } }],
    },
  };
}
