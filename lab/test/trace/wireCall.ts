import { curlFrom, execInPod } from "../../src/curl.ts";
import type { PodRecord } from "../../src/index.ts";
import type { Call } from "./scenario.ts";

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

/** `tag` is in the path of the request, so that access logs show it. */
export async function wireCall(pod: PodRecord, call: Call, tag: string): Promise<WireAnswer> {
  const from = Date.now();
  const url = new URL(call.url.replace(/^(tcp|grpc):/, "http:"));
  if (call.url.startsWith("tcp:")) {
    const echo = `exec 3<>/dev/tcp/${url.hostname}/${url.port} && echo ${tag} >&3 && head -1 <&3`;
    const { exitCode, stdout, stderr } = await execInPod(pod, ["timeout", `${seconds}`, "bash", "-c", echo], 10_000);
    const answered = stdout.includes(`echo ${tag}`);
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
    ...(call.headers === undefined ? {} : { headers: call.headers }),
    timeoutSeconds: seconds,
    args: ["-k"],
  });
  // go-httpbin sends this with every answer, and no Envoy does.
  const answered = headers["access-control-allow-origin"] !== undefined;
  return { status, exitCode, error, answered, body, from, to: Date.now() };
}
