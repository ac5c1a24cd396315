import { request } from "node:http";
import { text } from "node:stream/consumers";
import { MeshError } from "@isthmus/core";
import type { Down, Unseen } from "@isthmus/core/doctor";
import { KubeError } from "@isthmus/kube";
import type { Reach } from "../reach.ts";
import { isImpatience, throwIfStopped, withPatience } from "../withPatience.ts";

export interface PodQuestion {
  readonly reach: Reach;
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly path: string;
  readonly signal?: AbortSignal;
}

const timeout = 5_000;

/**
 * The body of an HTTP answer on a pod's own loopback interface, such as Envoy's admin interface. `unseen` where the API server
 * does not let us in; `down` where it does and nobody answers. Throws only the reason of a signal that stops.
 */
export async function askPod(question: PodQuestion): Promise<{ readonly body: string } | Down | Unseen> {
  const { reach, namespace, pod, port, path } = question;
  try {
    return await withPatience(timeout, question.signal, async (signal) => {
      const socket = await reach.portForward({ namespace, pod, port }, { signal });
      return { body: await get(socket, path) };
    });
  } catch (error) {
    throwIfStopped(question.signal);
    if (error instanceof KubeError && (error.status === 403 || error.status === 404)) return { unseen: error.message };
    if (error instanceof MeshError) return { unseen: error.message };
    return { down: isImpatience(error) ? `no answer on port ${port} within ${timeout / 1000} s` : reasonOf(error) };
  }
}

function get(socket: Awaited<ReturnType<Reach["portForward"]>>, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({
      path,
      headers: { host: "localhost", connection: "close" },
      createConnection: () => socket,
    });
    asked.on("error", reject);
    socket.on("error", reject);
    asked.on("response", (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path} answers ${response.statusCode}`));
      }, reject);
    });
    asked.end();
  });
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /connection refused/i.test(message) ? "nobody listens there" : (message.split("\n")[0] ?? "");
}
