import { curlFrom, execInPod } from "../../src/curl.ts";
import type { PodRecord } from "../../src/index.ts";
import type { Outside } from "./outside.ts";
import type { Call, Place } from "./scenario.ts";

export interface WireAnswer {
  /** HTTP; 0 where there was no answer, 200 for a TCP echo. */
  readonly status: number;
  /** curl's: 6 no such host, 7 refused, 28 timeout, 35 TLS, 52 and 56 closed. */
  readonly exitCode: number;
  readonly error: string;
  /** An app answered, not a proxy. */
  readonly answered: boolean;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const seconds = 4;

interface PlacedCall {
  readonly call: Call;
  readonly place: Place;
  /** In the path of the request, so that access logs show it. */
  readonly tag: string;
}

export async function wireCall(
  outside: Outside,
  pod: PodRecord | "outside",
  { call, place, tag }: PlacedCall,
): Promise<WireAnswer> {
  const from = Date.now();
  const url = new URL(call.url.replace(/^(tcp|grpc):/, "http:"));
  if (call.url.startsWith("tcp:") && pod !== "outside") {
    const echo = `exec 3<>/dev/tcp/${url.hostname}/${url.port} && echo ${tag} >&3 && head -1 <&3`;
    const { exitCode, stdout, stderr } = await execInPod(pod, ["timeout", `${seconds}`, "bash", "-c", echo], 10_000);
    const answered = /echo:? /.test(stdout) && stdout.includes(tag);
    const noHost = /Name or service not known|name resolution/.test(stderr);
    const code = answered ? 0 : noHost ? 6 : exitCode === 124 ? 28 : /refused/.test(stderr) ? 7 : 52;
    return {
      status: answered ? 200 : 0,
      exitCode: code,
      error: stderr.trim(),
      answered,
      body: stdout,
      from,
      to: Date.now(),
    };
  }
  url.searchParams.set("call", tag);
  const { status, exitCode, error, body, headers } = await curlFrom(pod, url.toString(), {
    ...(call.method === undefined ? {} : { method: call.method }),
    headers: {
      ...call.headers,
      ...(call.claims === undefined ? {} : { authorization: `Bearer ${await outside.sign(call.claims)}` }),
    },
    timeoutSeconds: seconds,
    args: ["-k", ...(await argumentsOf(outside, call, place))],
  });
  // go-httpbin sends this with every answer, and no Envoy does.
  const answered = headers["access-control-allow-origin"] !== undefined;
  return { status, exitCode, error, answered, body, from, to: Date.now() };
}

/** Names of the world lead to the slot's gateway for a client outside. */
async function argumentsOf(outside: Outside, call: Call, { gatewayAddress, ports }: Place): Promise<readonly string[]> {
  const { hostname, protocol, port } = new URL(call.url);
  const files = call.certificate === undefined ? undefined : await outside.certificateFiles(call.certificate);
  const isHttps = protocol === "https:";
  const standard = isHttps ? "443" : "80";
  const isByName = call.from === "outside" && !/^[\d.]+$/.test(hostname);
  return [
    ...(isByName ? ["--connect-to", `::${gatewayAddress}:${isHttps ? ports.https : ports.http}`] : []),
    ...(call.resolve === undefined ? [] : ["--resolve", `${hostname}:${port || standard}:${call.resolve}`]),
    ...(files === undefined ? [] : ["--cert", files[0], "--key", files[1]]),
  ];
}
