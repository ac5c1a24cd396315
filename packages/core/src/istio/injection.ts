import type { KubeObject } from "../kinds/kubeObject.ts";

/** Istio's injection puts it on each Pod; without it a passthrough cluster drops the endpoint (Istio 1.20 and later). */
export const tlsModeLabel = "security.istio.io/tlsMode";

/**
 * Whether Istio's webhook injects a sidecar into a Pod with these labels (or legacy annotations).
 * https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 */
export function isInjected(
  namespace: KubeObject | undefined,
  podLabels: Readonly<Record<string, string>> = {},
): boolean {
  const namespaceLabels = namespace?.metadata.labels ?? {};
  const asked = podLabels["sidecar.istio.io/inject"];
  if (namespaceLabels["istio-injection"] === "disabled") return false;
  if (asked !== undefined) return asked === "true";
  return (
    namespaceLabels["istio-injection"] === "enabled" ||
    namespaceLabels["istio.io/rev"] !== undefined ||
    podLabels["istio.io/rev"] !== undefined
  );
}
