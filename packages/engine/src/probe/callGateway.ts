import { request } from "node:http";
import { connect as connectTcp, isIP } from "node:net";
import { performance } from "node:perf_hooks";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { CertificateFacts } from "@isthmus/pki";
import { isOver, throwIfStopped } from "../withPatience.ts";
import { peerChain } from "./peerChain.ts";

/** The certificate that a probe shows. PEM texts; `key` is a secret. */
export interface ClientIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface GatewayCall {
  /** An IP address or host name. */
  readonly address: string;
  readonly port: number;
  /** Undefined: no TLS at all. */
  readonly tls?: {
    readonly sni: string;
    readonly alpn: readonly string[];
    readonly identity?: ClientIdentity;
  };
  /** Undefined: the connection only has to stay open. */
  readonly http?: { readonly method: string; readonly host: string; readonly path: string };
  /** Milliseconds for all of it. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** What came of a call, as far as it came. */
export type GatewayAnswer =
  /** No connection: nothing can be said about what is behind it. */
  | { readonly kind: "unreachable"; readonly detail: string }
  /** The other side ended the connection. `chain` is what it showed before that. */
  | { readonly kind: "refused"; readonly detail: string; readonly chain: readonly CertificateFacts[] }
  | { readonly kind: "open"; readonly chain: readonly CertificateFacts[]; readonly milliseconds: number }
  | {
      readonly kind: "answered";
      readonly chain: readonly CertificateFacts[];
      readonly status: number;
      readonly server: string;
      readonly body: string;
      readonly milliseconds: number;
    };

/** How long a connection has to stay open to count: TLS 1.3 refuses a client's certificate only after the handshake. */
const openFor = 300;
const late = "the time that --timeout gives was over first";

/** One connection to a gateway and at most one request over it. Whom it met is told, not judged. Throws only the reason of a signal that stops. */
export async function callGateway(call: GatewayCall): Promise<GatewayAnswer> {
  throwIfStopped(call.signal);
  if (isOver(call.signal)) return { kind: "unreachable", detail: late };
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const socket = connectTcp({ host: call.address, port: call.port });
    let tls: TLSSocket | undefined;
    let isConnected = false;
    let isDone = false;
    let chain: readonly CertificateFacts[] = [];
    const finish = (end: () => void) => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
      end();
      tls?.destroy();
      socket.destroy();
    };
    const settle = (answer: GatewayAnswer) => finish(() => resolve(answer));
    const onAbort = () =>
      isOver(call.signal) ? settle({ kind: "unreachable", detail: late }) : finish(() => reject(call.signal?.reason));
    const fail = (detail: string) =>
      settle(isConnected ? { kind: "refused", detail, chain } : { kind: "unreachable", detail });
    const timer = setTimeout(
      () => fail(isConnected ? "no answer in time" : `no connection within ${call.timeout / 1000} s`),
      call.timeout,
    );
    const elapsed = () => Math.round((performance.now() - begin) * 10) / 10;
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const talk = (stream: TLSSocket | typeof socket) => {
      stream.on("error", (error) => fail(reasonOf(error)));
      stream.on("close", () => fail("the connection was closed"));
      if (call.http === undefined) {
        setTimeout(() => settle({ kind: "open", chain, milliseconds: elapsed() }), openFor);
        return;
      }
      const { method, host, path } = call.http;
      const asked = request({ method, path, headers: { host }, createConnection: () => stream });
      asked.on("error", (error) => fail(reasonOf(error)));
      asked.on("response", (response) => {
        const milliseconds = elapsed();
        const { statusCode = 0, headers } = response;
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body = (body + text).slice(0, 500);
        });
        const answer = () =>
          settle({
            kind: "answered",
            chain,
            status: statusCode,
            server: String(headers.server ?? ""),
            body,
            milliseconds,
          });
        response.on("end", answer);
        response.on("close", answer);
      });
      asked.end();
    };
    socket.on("error", (error) => fail(reasonOf(error)));
    socket.on("connect", () => {
      isConnected = true;
      if (call.tls === undefined) {
        talk(socket);
        return;
      }
      const { sni, alpn, identity } = call.tls;
      tls = connectTls({
        socket,
        servername: isIP(sni) === 0 ? sni : "",
        ALPNProtocols: [...alpn],
        // Whom it met is judged with what the mesh trusts, not with this machine's roots.
        rejectUnauthorized: false,
        ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
      });
      const secure = tls;
      secure.on("error", (error) => fail(reasonOf(error)));
      secure.on("close", () => fail("the connection was closed"));
      secure.on("secureConnect", () => {
        chain = peerChain(secure);
        talk(secure);
      });
    });
  });
}

/** OpenSSL's alerts without its file names and codes. */
function reasonOf(error: Error): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const alert =
    /SSL alert number \d+/.exec(message) === null ? undefined : /:([^:]+):[^:]*:\d+:SSL alert/.exec(message)?.[1];
  if (alert !== undefined) return alert;
  if (code === "ECONNRESET") return "the connection was reset";
  if (code === "ECONNREFUSED") return "nobody listens there";
  return code === "" ? message : `${code}: ${message.split("\n")[0]}`;
}
