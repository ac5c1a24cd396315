import type { KubeObject, Pod, PodController, PodSpec } from "@isthmus/core";

/** Istio's control plane among the pods, or in a directory among what makes them: it has this label since Istio 1.0. */
const istiodLabels = { app: "istiod" };

/**
 * The versions of the Istio control planes in the root namespace, each once and sorted. By the label that Istio's chart
 * sets since 1.24, else by the image's tag. Several while one is upgraded, or with revisions.
 */
export function istiodVersions(objects: readonly KubeObject[], istioNamespace: string): readonly string[] {
  const versions = objects
    .filter((object) => object.metadata.namespace === istioNamespace)
    .flatMap((object) => podsOf(object))
    .filter(({ labels }) => labels.app === istiodLabels.app)
    .flatMap(({ labels, spec }) => labels["app.kubernetes.io/version"] ?? imageTag(spec) ?? []);
  return [...new Set(versions)].sort();
}

interface PodLike {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

function podsOf(object: KubeObject): readonly PodLike[] {
  switch (object.kind) {
    case "Pod": {
      const { metadata, spec, status } = object as Pod;
      const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
      return ended ? [] : [{ labels: metadata.labels ?? {}, spec }];
    }
    case "Deployment":
    case "StatefulSet":
    case "DaemonSet": {
      const { template } = (object as PodController).spec;
      return [{ labels: template.metadata?.labels ?? {}, spec: template.spec }];
    }
    default:
      return [];
  }
}

/** `1.27.1` of `docker.io/istio/pilot:1.27.1@sha256:…`; a registry's port is not a tag. */
function imageTag(spec: PodSpec): string | undefined {
  const containers = spec.containers ?? [];
  const { image } = containers.find(({ name }) => name === "discovery") ?? containers[0] ?? {};
  return image === undefined ? undefined : /:([\w][\w.-]*)(?:@.*)?$/.exec(image)?.[1];
}
