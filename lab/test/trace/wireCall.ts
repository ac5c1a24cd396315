import { execInPod } from "../../src/curl.ts";
import type { PodRecord } from "../../src/index.ts";
import { tryRun } from "../../src/run.ts";
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
  /** `cluster2/web-v1-1` or `outside`, where the answer tells. */
  readonly by?: string;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** In the path of the request. */
  readonly tag: string;
}

const seconds = 4;

interface PlacedCall {
  readonly call: Call;
  readonly place: Pick<Place, "gatewayAddress" | "ports">;
  /** In the path of the requests, with their number, so that access logs show them. */
  readonly tag: string;
}

/** The same call again and again, each time by a connection of its own. */
export async function wireCalls(
  outside: Outside,
  pod: PodRecord | "outside",
  { call, place, tag }: PlacedCall,
  count: number,
): Promise<readonly WireAnswer[]> {
  if (call.url.startsWith("tcp:") && pod !== "outside") {
    const answers: WireAnswer[] = [];
    for (let number = 0; number < count; number++) answers.push(await echoCall(pod, call.url, `${tag}.${number}`));
    return answers;
  }
  const authorization =
    call.claims === undefined ? [] : ["-H", `authorization: Bearer ${await outside.sign(call.claims)}`];
  const argv = [
    ...["curl", "-sS", "-k", "--path-as-is", "-m", `${seconds}`],
    ...["-w", `%{stdout}${field}%{json}${field}%{header_json}${end}`],
    ...(call.method === undefined ? [] : ["-X", call.method]),
    ...Object.entries(call.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ...(count > 1 ? ["-H", "connection: close"] : []),
    ...authorization,
    ...(await argumentsOf(outside, call, place)),
    tagged(call.url, count > 1 ? `${tag}.[0-${count - 1}]` : `${tag}.0`),
  ];
  const from = Date.now();
  const timeoutMs = (seconds + 1) * count * 1000 + 5000;
  const { stdout } = await (pod === "outside" ? tryRun(argv, { timeoutMs }) : execInPod(pod, argv, timeoutMs));
  const to = Date.now();
  const texts = stdout.split(end).slice(0, -1);
  // curl waits for its resolver even when its own time is over.
  const answers = texts.length > 0 ? texts.map(answerOf) : [unanswered];
  return answers.map((answer, number) => ({ ...answer, from, to, tag: `${tag}.${number}` }));
}

const field = "\u001e";
const end = "\u001d";

function answerOf(text: string) {
  const [body = "", facts = "{}", answered = "{}"] = text.split(field);
  const { http_code: status, exitcode, errormsg } = JSON.parse(facts) as CurlFacts;
  const headers = JSON.parse(answered || "{}") as Readonly<Record<string, readonly string[]>>;
  const by = headers["x-answered-by"]?.[0] ?? podIn(body);
  return {
    status,
    exitCode: exitcode,
    error: errormsg ?? "",
    // go-httpbin sends this with every answer, our apps the other one, and no Envoy does.
    answered: (headers["access-control-allow-origin"] ?? headers["x-answered-by"]) !== undefined,
    ...(by === undefined ? {} : { by }),
    body,
  };
}

const unanswered = { status: 0, exitCode: 28, error: "no answer", answered: false, body: "" };

interface CurlFacts {
  readonly http_code: number;
  readonly exitcode: number;
  readonly errormsg: string | null;
}

/** go-httpbin shows under /env which pod it is; other paths don't tell. */
function podIn(body: string): string | undefined {
  const pod = /"HTTPBIN_ENV_POD": "([^"]+)"/.exec(body)?.[1];
  return pod === undefined ? undefined : `${/"HTTPBIN_ENV_CLUSTER": "([^"]+)"/.exec(body)?.[1]}/${pod}`;
}

/** The URL as it is written: a URL's own normal form would take `/x/../y` for `/y`. */
function tagged(url: string, tag: string): string {
  const [scheme = "", rest = ""] = url.split("://");
  const withPath = rest.includes("/") ? rest : `${rest}/`;
  return `${scheme}://${withPath}${rest.includes("?") ? "&" : "?"}call=${tag}`;
}

async function echoCall(pod: PodRecord, written: string, tag: string): Promise<WireAnswer> {
  const from = Date.now();
  const { hostname, port } = new URL(written.replace(/^tcp:/, "http:"));
  const echo = `exec 3<>/dev/tcp/${hostname}/${port || 80} && echo ${tag} >&3 && head -1 <&3`;
  const { exitCode, stdout, stderr } = await execInPod(pod, ["timeout", `${seconds}`, "bash", "-c", echo], 10_000);
  // `echo-cluster2/web-1 …` by ours, `echo: …` outside of the clusters, `one …` by Istio's sample.
  const by = /^echo-(\S+) /.exec(stdout)?.[1] ?? (stdout.startsWith("echo: ") ? "outside" : undefined);
  const answered = stdout.trim().endsWith(` ${tag}`);
  const noHost = /Name or service not known|name resolution/.test(stderr);
  const code = answered ? 0 : noHost ? 6 : exitCode === 124 ? 28 : /refused/.test(stderr) ? 7 : 52;
  return {
    status: answered ? 200 : 0,
    exitCode: code,
    error: stderr.trim(),
    answered,
    ...(answered && by !== undefined ? { by } : {}),
    body: stdout,
    from,
    to: Date.now(),
    tag,
  };
}

/** Names of the world lead to the slot's gateway for a client outside. */
async function argumentsOf(
  outside: Outside,
  call: Call,
  { gatewayAddress, ports }: PlacedCall["place"],
): Promise<readonly string[]> {
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
