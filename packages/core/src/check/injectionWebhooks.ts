import { selectorMatches } from "../istio/index.ts";
import type { KubeObject, LabelSelector } from "../kinds/index.ts";

export interface InjectionWebhook {
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
}

interface Configuration extends KubeObject {
  readonly webhooks?: readonly {
    readonly clientConfig?: {
      readonly url?: string;
      readonly service?: { readonly name: string; readonly namespace: string; readonly path?: string };
    };
    readonly namespaceSelector?: LabelSelector;
    readonly objectSelector?: LabelSelector;
  }[];
}

type Webhook = NonNullable<Configuration["webhooks"]>[number];

/** Those by which istiod injects sidecars: it serves them below /inject (pkg/kube/inject/webhook.go). */
export function injectionWebhooks(configurations: readonly KubeObject[]): readonly InjectionWebhook[] {
  return injecting(configurations).map(({ namespaceSelector = {}, objectSelector = {} }) => ({
    namespaceSelector,
    objectSelector,
  }));
}

/** The Services of istiod that those webhooks call in Istio's namespace; `istiod` where none says. */
export function istiodServices(configurations: readonly KubeObject[], istioNamespace: string): readonly string[] {
  const named = injecting(configurations).flatMap(({ clientConfig }) =>
    clientConfig?.service?.namespace === istioNamespace ? [clientConfig.service.name] : [],
  );
  return named.length === 0 ? ["istiod"] : [...new Set(named)].sort();
}

function injecting(configurations: readonly KubeObject[]): readonly Webhook[] {
  return configurations
    .flatMap((each) => (each as Configuration).webhooks ?? [])
    .filter(({ clientConfig }) => /(^|\/)inject(\/|$)/.test(clientConfig?.service?.path ?? clientConfig?.url ?? ""));
}

/** Whether a pod without labels in a namespace with these is sent to the webhook. */
export function isSelected(
  { namespaceSelector, objectSelector }: InjectionWebhook,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selectorMatches(namespaceSelector, labels) && selectorMatches(objectSelector, {});
}
