import { MeshError, say } from "@isthmus/core";
import type { SecretKey } from "@isthmus/engine";
import { failureProblem, type KubeClient } from "@isthmus/kube";
import { secretKind } from "./hubKinds.ts";

/** An entry of a Secret as text. Throws SECRET_UNREADABLE, which says nothing of what it holds. */
export async function readSecret(
  client: KubeClient,
  { namespace, name, key }: SecretKey,
  signal?: AbortSignal,
): Promise<string> {
  const found = await client.get(secretKind, name, namespace, signal && { signal }).catch((failure: unknown) => {
    const problem = failureProblem(failure, "the management cluster");
    throw problem === undefined ? failure : new MeshError(problem);
  });
  const data = (found?.data ?? {}) as Readonly<Record<string, unknown>>;
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof value === "string") return Buffer.from(value, "base64").toString("utf8");
  throw new MeshError({
    code: "SECRET_UNREADABLE",
    at: { kind: "Secret", namespace, name },
    message:
      found === undefined
        ? say`there is no Secret ${{ secret: `${namespace}/${name}` }} on the management cluster`
        : say`Secret ${{ secret: `${namespace}/${name}` }} of the management cluster has no key ${{ key }}`,
    hint: "Put a kubeconfig for the cluster there, or correct access.kubeconfig.secretRef of the MeshCluster.",
  });
}
