import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Lab } from "../src/index.ts";

export interface CallOptions {
  readonly cluster: string;
  readonly pod: string;
  /** http://host:port/path, its connections kept alive, or tcp://host:port, a connection a call. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answers {
  readonly calls: number;
  /** How often each version (`v1` in the answer) was met. */
  readonly versions: Readonly<Record<string, number>>;
  /** Of the first ten. */
  readonly failures: readonly string[];
}

/** Runs in the pod, so that its sidecar carries the calls: 8 callers at a time, until the count is reached or a file appears. */
const client = `
import { existsSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";

const { url, headers, count, stopFile } = JSON.parse(process.argv[1]);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const { protocol, hostname, port } = new URL(url);

function callHttp() {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, headers, timeout: 10000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text)).on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve(body) : reject(new Error(response.statusCode + " " + body))));
    });
    call.on("timeout", () => call.destroy(new Error("no answer"))).on("error", reject).end();
  });
}

function callTcp() {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write("world\\n"));
    socket.setTimeout(10000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (data) => { socket.end(); resolve(String(data)); });
    socket.on("error", reject).on("close", () => reject(new Error("closed without an answer")));
  });
}

const found = { calls: 0, versions: {}, failures: [] };
let begun = 0;
let stopped = false;
const watch = stopFile === undefined ? undefined : setInterval(() => { stopped = existsSync(stopFile); }, 100);
async function caller() {
  while (!stopped && (count === undefined || begun < count)) {
    begun += 1;
    try {
      const [version = "none"] = /v\\d+/.exec(await (protocol === "tcp:" ? callTcp() : callHttp())) ?? [];
      found.versions[version] = (found.versions[version] ?? 0) + 1;
    } catch (error) {
      if (found.failures.length < 10) found.failures.push("call " + begun + ": " + error.message.trim());
    }
    found.calls += 1;
    // Without a count it is the time that matters: some hundred calls a second leave the machine to others.
    if (count === undefined) await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
await Promise.all(Array.from({ length: 8 }, caller));
clearInterval(watch);
agent.destroy();
console.log(JSON.stringify(found));
`;

async function run(lab: Lab, { cluster, pod, ...options }: CallOptions, end: object): Promise<Answers> {
  const argv = [process.execPath, "--input-type=module", "-e", client, JSON.stringify({ ...options, ...end })];
  const { exitCode, stdout, stderr } = await lab.exec(cluster, pod, argv, 170_000);
  if (exitCode !== 0) throw new Error(`the client in ${pod} ended with ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
}

/** So many calls, as fast as they go. */
export async function callMany(lab: Lab, options: CallOptions, count: number): Promise<Answers> {
  return run(lab, options, { count });
}

/** Calls until `stop`, which gives what they met, or until the test is over. */
export function startCallers(lab: Lab, options: CallOptions): { readonly stop: () => Promise<Answers> } {
  const stopFile = join(tmpdir(), `isthmus-calls-${process.pid}-${performance.now()}`);
  const answers = run(lab, options, { stopFile });
  const stop = async () => {
    await writeFile(stopFile, "");
    try {
      return await answers;
    } finally {
      await rm(stopFile, { force: true });
    }
  };
  // Where a test fails before it asks, its callers would go on under the next one, and their own failure would be nobody's.
  onTestFinished(async () => void (await stop().catch(() => undefined)));
  return { stop };
}

/** Three standard deviations of a binomial distribution. */
export function tolerance(count: number, percent: number): number {
  const share = percent / 100;
  return 3 * Math.sqrt(count * share * (1 - share));
}
