import { kindEntry } from "@isthmus/core";
import type { Session } from "../http/session.ts";
import type { CallOptions, PodPort } from "../kubeClient.ts";
import { resourcePath } from "../objects/resourcePath.ts";

/** See `KubeClient.podText`. */
export async function podText(
  session: Session,
  { namespace, pod, port }: PodPort,
  path: string,
  { signal }: CallOptions,
): Promise<string> {
  const kind = kindEntry("", "Pod");
  if (kind === undefined) throw new RangeError("the catalog has no Pod");
  const call = { verb: "get", resource: "pods/proxy", namespace, name: pod } as const;
  const proxy = `${resourcePath(kind, namespace, `${pod}:${port}`)}/proxy${path}`;
  const { body } = await session.send({ call, method: "GET", path: proxy, signal, once: true });
  return body;
}
