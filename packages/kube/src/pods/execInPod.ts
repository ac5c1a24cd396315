import type { WebSocketListener } from "../http/openWebSocket.ts";
import type { Session } from "../http/session.ts";
import type { ExecOptions, ExecResult, PodContainer } from "../kubeClient.ts";
import { type KubeCall, KubeError } from "../kubeError.ts";
import { podPath } from "./podPath.ts";

/** k8s.io/apimachinery/pkg/util/remotecommand: the only version in which standard input can be closed. */
const protocol = "v5.channel.k8s.io";

/** Bytes; what we run prints a few kilobytes. */
const longestOutput = 16 * 1024 * 1024;

/** The first byte of every message. */
const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** See `KubeClient.exec`. */
export async function execInPod(
  session: Session,
  at: PodContainer,
  argv: readonly string[],
  { stdin, signal }: ExecOptions,
): Promise<ExecResult> {
  const call = { verb: "create", resource: "pods/exec", namespace: at.namespace, name: at.pod } as const;
  const path = podPath(at, "exec", [
    ["container", at.container],
    ["stdin", `${stdin !== undefined}`],
    ["stdout", "true"],
    ["stderr", "true"],
    ...argv.map((word) => ["command", word] as const),
  ]);
  const { listener, ended } = collect(call, signal);
  const socket = await session.webSocket({ call, path, protocols: [protocol], listener, signal });
  try {
    if (stdin !== undefined) {
      socket.send(Buffer.concat([Buffer.of(channels.stdin), Buffer.from(stdin)]));
      socket.send(Buffer.of(channels.close, channels.stdin));
    }
    return await ended;
  } finally {
    socket.close();
  }
}

function collect(
  call: KubeCall,
  signal: AbortSignal | undefined,
): { readonly listener: WebSocketListener; readonly ended: Promise<ExecResult> } {
  const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let size = 0;
  const { promise: ended, resolve, reject } = withResolvers<ExecResult>();
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const settled = () => signal?.removeEventListener("abort", onAbort);
  // Where the WebSocket is never opened nobody waits for this.
  ended.then(settled, settled);
  const listener: WebSocketListener = {
    onMessage(data) {
      const message = Buffer.from(data);
      const bytes = message.subarray(1);
      size += bytes.byteLength;
      if (size > longestOutput) return reject(failed(call, "the program prints more than 16 MB"));
      if (message[0] === channels.stdout) output.stdout.push(bytes);
      if (message[0] === channels.stderr) output.stderr.push(bytes);
      if (message[0] !== channels.status) return;
      const { stdout, stderr } = output;
      try {
        const exitCode = exitCodeOf(bytes.toString(), call);
        resolve({ exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
      } catch (error) {
        reject(error);
      }
    },
    onClose(code, reason) {
      reject(failed(call, `the connection to the pod ended with ${code} ${reason}`.trim()));
    },
  };
  return { listener, ended };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>() {
  let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    promise,
    resolve: (value: T) => settle?.resolve(value),
    reject: (reason: unknown) => settle?.reject(reason),
  };
}

interface ExecStatus {
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

function exitCodeOf(text: string, call: KubeCall): number {
  const { status, reason, message = text, details }: ExecStatus = JSON.parse(text);
  if (status === "Success") return 0;
  const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (reason === "NonZeroExitCode" && code !== undefined) return Number(code);
  throw failed(call, message);
}

function failed(call: KubeCall, message: string): KubeError {
  return new KubeError(call, { status: 500, reason: "InternalError", message });
}
