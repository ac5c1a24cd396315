import type { PodTemplate } from "./kubeObject.ts";
import type { PodRecord } from "./podRecord.ts";

/** Decides as Istio's webhook does: the pod's own word counts more than the namespace's, and an image `auto` asks for a gateway. */
export function proxyOf(template: PodTemplate, namespaceLabels: Readonly<Record<string, string>>): PodRecord["proxy"] {
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const wish = labels["sidecar.istio.io/inject"] ?? annotations["sidecar.istio.io/inject"];
  if (template.spec.containers.some(({ image }) => image === "auto")) return "router";
  if (wish === "false" || namespaceLabels["istio-injection"] === "disabled") return "none";
  const asked =
    wish === "true" ||
    labels["istio.io/rev"] !== undefined ||
    namespaceLabels["istio-injection"] === "enabled" ||
    namespaceLabels["istio.io/rev"] !== undefined;
  return asked ? "sidecar" : "none";
}
