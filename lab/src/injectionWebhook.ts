import type { Cluster } from "./cluster.ts";

/**
 * What a tool sees of sidecar injection, with the selectors of Istio's chart (istio-discovery, mutatingwebhook.yaml). The lab
 * injects by itself, so no pod is ever sent there.
 */
export async function registerInjection(cluster: Cluster): Promise<void> {
  const isAbsent = (key: string) => ({ key, operator: "DoesNotExist" });
  const isIn = (key: string, ...values: readonly string[]) => ({ key, operator: "In", values });
  await cluster.api.apply({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "istio-sidecar-injector", labels: { app: "sidecar-injector", "istio.io/rev": "default" } },
    webhooks: [
      webhook("rev.namespace.sidecar-injector.istio.io", [
        isIn("istio.io/rev", "default"),
        isAbsent("istio-injection"),
      ]),
      webhook("namespace.sidecar-injector.istio.io", [isIn("istio-injection", "enabled")]),
      webhook(
        "object.sidecar-injector.istio.io",
        [isAbsent("istio-injection"), isAbsent("istio.io/rev")],
        [isIn("sidecar.istio.io/inject", "true"), isAbsent("istio.io/rev")],
      ),
    ],
  });
}

const notRefused = { key: "sidecar.istio.io/inject", operator: "NotIn", values: ["false"] };

function webhook(name: string, namespaces: readonly object[], objects: readonly object[] = [notRefused]): object {
  return {
    name,
    clientConfig: { service: { name: "istiod", namespace: "istio-system", path: "/inject", port: 443 } },
    rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
    namespaceSelector: { matchExpressions: namespaces },
    objectSelector: { matchExpressions: objects },
    matchConditions: [{ name: "the-lab-injects-by-itself", expression: "false" }],
    failurePolicy: "Fail",
    sideEffects: "None",
    reinvocationPolicy: "Never",
    admissionReviewVersions: ["v1"],
  };
}
