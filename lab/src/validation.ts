import type { Cluster } from "./cluster.ts";
import type { KubeObject } from "./kubeObject.ts";
import { waitFor } from "./waitFor.ts";

const name = "istiod-default-validator";

/** Lets istiod refuse invalid Istio objects, as every installation does. istiod itself fills in its CA and then makes it strict. */
export async function registerValidation(cluster: Cluster): Promise<void> {
  await cluster.api.apply({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name, labels: { app: "istiod", istio: "istiod", "istio.io/rev": "default" } },
    webhooks: [
      {
        name: "validation.istio.io",
        clientConfig: { service: { name: "istiod", namespace: "istio-system", path: "/validate" } },
        rules: [
          {
            operations: ["CREATE", "UPDATE"],
            apiGroups: ["security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"],
            apiVersions: ["*"],
            resources: ["*"],
          },
        ],
        failurePolicy: "Ignore",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
}

interface Configuration extends KubeObject {
  readonly webhooks: readonly { readonly failurePolicy?: string }[];
}

export async function waitForValidation(cluster: Cluster): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`;
  await waitFor(`validation by istiod of ${cluster.name}`, async () => {
    const configuration = await cluster.api.get<Configuration>(path);
    return configuration?.webhooks.every(({ failurePolicy }) => failurePolicy === "Fail");
  });
}
