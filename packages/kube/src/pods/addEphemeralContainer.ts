import type { Session } from "../http/session.ts";
import type { CallOptions, EphemeralContainer, PodName } from "../kubeClient.ts";
import { podPath } from "./podPath.ts";

/** See `KubeClient.addEphemeralContainer`. As `kubectl debug` does it: kubectl/pkg/cmd/debug/debug.go, debugByEphemeralContainer */
export async function addEphemeralContainer(
  session: Session,
  { namespace, pod }: PodName,
  container: EphemeralContainer,
  { signal }: CallOptions,
): Promise<void> {
  await session.send({
    call: { verb: "patch", resource: "pods/ephemeralcontainers", namespace, name: pod },
    method: "PATCH",
    path: podPath({ namespace, pod }, "ephemeralcontainers", []),
    // Merges the list by its items' names.
    contentType: "application/strategic-merge-patch+json",
    body: JSON.stringify({ spec: { ephemeralContainers: [container] } }),
    signal,
  });
}
