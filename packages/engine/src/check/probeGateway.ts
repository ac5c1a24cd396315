import type { X509Certificate } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { showHostPort } from "@isthmus/core";
import type { GatewayProbe, ShownCertificate } from "@isthmus/core/check";

export interface ProbeOptions {
  /** The server name of a shared service; without it only the connection is tried. */
  readonly sni?: string;
  /** Milliseconds for connection and hello together. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects to a gateway as another cluster's sidecar would, up to the server's part of the handshake: no client certificate
 * is shown and nothing is sent. Never throws.
 */
export async function probeGateway(host: string, port: number, options: ProbeOptions): Promise<GatewayProbe> {
  const address = showHostPort(host, port);
  const outcome =
    options.sni === undefined ? await tryTcp(host, port, options) : await tryTls(host, port, options, options.sni);
  return { address, outcome };
}

type Outcome = GatewayProbe["outcome"];

function tryTcp(host: string, port: number, { timeout, signal }: ProbeOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout, ...(signal && { signal }) });
    const end = (outcome: Outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once("connect", () => end({ kind: "connected" }));
    socket.once("timeout", () => end(noConnection(`timed out after ${timeout / 1000} s`)));
    socket.once("error", (error: NodeJS.ErrnoException) => end(noConnection(error.message, error.code)));
  });
}

function tryTls(host: string, port: number, { timeout, signal }: ProbeOptions, sni: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const tcp = connectTcp({ host, port, timeout, ...(signal && { signal }) });
    // The server's certificate names a workload, not a host: whether it is the right one is for proxies to judge.
    const options = { socket: tcp, servername: sni, ALPNProtocols: ["istio"], rejectUnauthorized: false };
    let isConnected = false;
    const end = (outcome: Outcome) => {
      tcp.destroy();
      resolve(outcome);
    };
    const fail = (message: string, code?: string) =>
      end(isConnected ? { kind: "no hello", sni, message } : noConnection(message, code));
    tcp.once("timeout", () => fail(`timed out after ${timeout / 1000} s`));
    tcp.once("error", (error: NodeJS.ErrnoException) => fail(error.message, error.code));
    tcp.once("close", () => fail("the connection was closed"));
    tcp.once("connect", () => {
      isConnected = true;
      const tls = connectTls(options);
      tls.once("secureConnect", () => end({ kind: "hello", sni, chain: shownChain(tls) }));
      tls.once("error", (error: NodeJS.ErrnoException) => fail(error.message, error.code));
    });
  });
}

function noConnection(message: string, code?: string): Outcome {
  return { kind: "no connection", message, isRefused: code === "ECONNREFUSED" };
}

function shownChain(socket: TLSSocket): readonly ShownCertificate[] {
  const chain: ShownCertificate[] = [];
  for (let each: X509Certificate | undefined = socket.getPeerX509Certificate(); each !== undefined; ) {
    const { subject, subjectAltName = "", validTo, ca } = each;
    const identity = /URI:"?(spiffe:[^,"]+)/.exec(subjectAltName)?.[1];
    chain.push({
      subject: subject?.split("\n").join(", ") ?? "",
      ...(identity === undefined ? {} : { identity }),
      isAuthority: ca,
      notAfter: new Date(validTo).toISOString(),
    });
    each = each.issuerCertificate === each ? undefined : each.issuerCertificate;
  }
  return chain;
}
