import { appUser } from "./layout.ts";
import type { PodRecord } from "./podRecord.ts";
import { asUser, inNamespace, type RunResult, tryRun } from "./run.ts";

export interface CurlOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutSeconds?: number;
  /** Further arguments, as curl takes them. */
  readonly args?: readonly string[];
}

export interface CurlResult {
  readonly exitCode: number;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly seconds: number;
  readonly error: string;
}

const separator = "\u001e";

/** Runs a program in a pod's network as the app's user, so that its traffic goes through the sidecar. */
export async function execInPod(pod: PodRecord, argv: readonly string[], timeoutMs = 60_000): Promise<RunResult> {
  return tryRun(inNamespace(pod.netns, asUser(appUser, argv)), { timeoutMs });
}

/** From a pod, or from the machine itself, which is outside of all clusters. */
export async function curlFrom(
  pod: PodRecord | "outside",
  url: string,
  options: CurlOptions = {},
): Promise<CurlResult> {
  const timeout = options.timeoutSeconds ?? 15;
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const argv = [
    ...["curl", "-sS", "-m", `${timeout}`, "-w", `%{stderr}${separator}%{json}${separator}%{header_json}`],
    ...(options.method === undefined ? [] : ["-X", options.method]),
    ...headers,
    ...(options.body === undefined ? [] : ["--data-binary", options.body]),
    ...(options.args ?? []),
    url,
  ];
  const timeoutMs = (timeout + 10) * 1000;
  const result = await (pod === "outside" ? tryRun(argv, { timeoutMs }) : execInPod(pod, argv, timeoutMs));
  const [error = "", facts = "{}", answered = "{}"] = result.stderr.split(separator);
  const { http_code: status = 0, time_total: seconds = 0 } = parse<{ http_code: number; time_total: number }>(facts);
  const { exitCode, stdout: body } = result;
  return { exitCode, status, headers: parse(answered), body, seconds, error: error.trim() };
}

function parse<T>(text: string): Partial<T> & Readonly<Record<string, never>> {
  try {
    return JSON.parse(text);
  } catch {
    return {} as Partial<T> & Readonly<Record<string, never>>;
  }
}
