import {
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { spiffeId } from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import { createKeyPair, createRequest, privateKeyPem } from "@isthmus/pki";
import type { ClientIdentity } from "./callGateway.ts";

export interface IstiodIdentityOptions {
  readonly client: Pick<KubeClient, "createToken" | "portForward">;
  /** A pod of istiod in the caller's cluster. */
  readonly istiod: { readonly namespace: string; readonly pod: string };
  /** Roots that istiod's own certificate leads to, PEM. */
  readonly roots: string;
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly signal?: AbortSignal;
}

const method = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
/** What a sidecar's token is for. istio/pkg/security/security.go, TokenAudiences */
const audience = "istio-ca";
/** API servers grant no shorter token; the certificate lasts as long. Seconds. */
const lifetime = 600;
const istiodPort = 15012;

/**
 * A certificate of a workload's identity for ten minutes, got as its sidecar gets it: a token of its service account, exchanged
 * at istiod. Token and key stay in memory. Throws `KubeError` or `MeshError` where the API server refuses, else an Error with
 * istiod's words.
 */
export async function istiodIdentity(options: IstiodIdentityOptions): Promise<ClientIdentity> {
  const { client, istiod, namespace, serviceAccount, trustDomain } = options;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const token = await client.createToken({ namespace, serviceAccount, audience, seconds: lifetime }, call);
  const keys = await createKeyPair("ecdsa");
  const csr = await createRequest({
    profile: "client",
    commonName: "",
    organization: "",
    names: { uri: [spiffeId(trustDomain, namespace, serviceAccount)] },
    keys,
  });
  const connection = await client.portForward({ ...istiod, port: istiodPort }, call);
  try {
    const chain = await createCertificate(connection, { csr, token, roots: options.roots });
    return { certificate: chain.join(""), key: await privateKeyPem(keys.privateKey) };
  } finally {
    connection.destroy();
  }
}

/** The leaf, then its issuers: gRPC by hand, since it is the only call that we make. istio/api security/v1alpha1/ca.proto */
function createCertificate(
  connection: Duplex,
  { csr, token, roots }: { readonly csr: string; readonly token: string; readonly roots: string },
): Promise<readonly string[]> {
  const name = "istiod.istio-system.svc";
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${name}:${istiodPort}`, {
      createConnection: () => connectTls({ socket: connection, servername: name, ca: roots, ALPNProtocols: ["h2"] }),
    });
    session.on("error", reject);
    connection.on("error", reject);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: method,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: `Bearer ${token}`,
    });
    const chunks: Buffer[] = [];
    const check = (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
      const status = headers["grpc-status"];
      if (status === undefined || status === "0") return;
      const message = decodeURIComponent(String(headers["grpc-message"] ?? ""));
      reject(new Error(`istiod gives no certificate: ${message} (gRPC status ${status})`));
    };
    stream.on("response", check);
    stream.on("trailers", check);
    stream.on("error", reject);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      session.close();
      const chain = certificatesOf(Buffer.concat(chunks));
      if (chain.length > 0) resolve(chain);
      else reject(new Error("istiod gives no certificate"));
    });
    stream.end(frame(requestOf(csr)));
  });
}

const lengthDelimited = 2;

function requestOf(csr: string): Buffer {
  const text = Buffer.from(csr);
  return Buffer.concat([
    Buffer.of((1 << 3) | lengthDelimited),
    varint(text.length),
    text,
    Buffer.of(3 << 3),
    varint(lifetime),
  ]);
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The values of field 1; the message has no other. */
function certificatesOf(framed: Buffer): readonly string[] {
  const message = framed.subarray(5);
  const found: string[] = [];
  for (let offset = 0; offset < message.length; ) {
    let length = 0;
    let shift = 0;
    offset += 1;
    for (let byte = 0x80; (byte & 0x80) !== 0; shift += 7) {
      byte = message[offset++] ?? 0;
      length |= (byte & 0x7f) << shift;
    }
    found.push(
      `${message
        .subarray(offset, offset + length)
        .toString()
        .trim()}\n`,
    );
    offset += length;
  }
  return found;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.of(...bytes, rest);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
