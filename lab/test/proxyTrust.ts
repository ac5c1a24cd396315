import { X509Certificate } from "node:crypto";
import type { Lab } from "../src/index.ts";

/** What one proxy's Envoy has: the root above the certificate that it serves, and those that it trusts. SHA-256, in hex. */
export interface ProxyTrust {
  readonly proxy: string;
  readonly root: string;
  readonly trusts: readonly string[];
}

interface SecretsDump {
  readonly configs: readonly {
    readonly dynamic_active_secrets?: readonly {
      readonly name: string;
      readonly secret: {
        readonly tls_certificate?: { readonly certificate_chain: { readonly inline_bytes: string } };
        readonly validation_context?: { readonly trusted_ca: { readonly inline_bytes: string } };
      };
    }[];
  }[];
}

/** Asked of Envoy itself: `/certs` tells no issuer, the dump of its secrets has the whole chain. */
export async function proxyTrusts(lab: Lab): Promise<readonly ProxyTrust[]> {
  const found = await Promise.all(
    lab.clusters.map(async ({ name }) => {
      const pods = (await lab.pods(name)).filter(({ proxy }) => proxy !== "none");
      return Promise.all(pods.map((pod) => proxyTrust(lab, name, `${pod.namespace}/${pod.name}`)));
    }),
  );
  return found.flat();
}

async function proxyTrust(lab: Lab, cluster: string, pod: string): Promise<ProxyTrust> {
  const dump: SecretsDump = JSON.parse(await lab.envoyAdmin(cluster, pod, "/config_dump"));
  const secrets = dump.configs.flatMap(({ dynamic_active_secrets: active = [] }) => active);
  const of = (wanted: string) => secrets.find(({ name }) => name === wanted)?.secret;
  const chain = certificates(of("default")?.tls_certificate?.certificate_chain.inline_bytes);
  const trusted = certificates(of("ROOTCA")?.validation_context?.trusted_ca.inline_bytes);
  const [, intermediate] = chain;
  const root = [...chain, ...trusted].find((each) => intermediate?.verify(each.publicKey));
  return {
    proxy: `${cluster} ${pod}`,
    root: root === undefined ? "" : fingerprint(root),
    trusts: trusted.map(fingerprint).sort(),
  };
}

function certificates(bytes = ""): readonly X509Certificate[] {
  const text = Buffer.from(bytes, "base64").toString();
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

export function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(":", "").toLowerCase();
}
