import { say } from "../findings/index.ts";
import { injectionLabelOf, isInjected, labelsOfNamespace } from "../istio/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, judged, ofApiServer, ofObjects } from "./check.ts";
import { injectionWebhooks, isSelected } from "./injectionWebhooks.ts";
import { usedNamespaces } from "./usedNamespaces.ts";

export const injectionChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "injection-webhook",
    category: "injection",
    title: "sidecar injection is registered",
    needs: ["istiod-present"],
    run: ofApiServer(({ mutatingWebhooks }, { name }) => {
      if ("problem" in mutatingWebhooks) return { skipped: mutatingWebhooks.problem.message };
      const webhooks = injectionWebhooks(mutatingWebhooks.value);
      if (webhooks.length > 0) return { ok: `${webhooks.length} webhooks` };
      return {
        problems: [
          makeProblem({
            code: "INJECTION_WEBHOOK_MISSING",
            at: { cluster: name },
            message: say`${{ name }} has no MutatingWebhookConfiguration by which istiod injects, so new pods get no sidecar`,
            hint: "install it again with istiod: istioctl install, or the Helm chart istio/istiod",
          }),
        ],
      };
    }),
  },
  {
    scope: "cluster",
    name: "injection-namespaces",
    category: "injection",
    title: "namespaces that ask for injection get it",
    needs: ["injection-webhook", "objects-read"],
    run: ofApiServer(({ mutatingWebhooks }, view, mesh) => {
      if ("problem" in mutatingWebhooks) return { skipped: mutatingWebhooks.problem.message };
      const webhooks = injectionWebhooks(mutatingWebhooks.value);
      const asking = usedNamespaces(view, mesh).filter((each) => isInjected(view.facts?.namespaces.get(each)));
      const problems = asking.flatMap((namespace): Problem[] => {
        const found = view.facts?.namespaces.get(namespace);
        if (found === undefined || webhooks.some((webhook) => isSelected(webhook, labelsOfNamespace(found)))) return [];
        const label = injectionLabelOf(found);
        return [
          makeProblem({
            code: "INJECTION_REVISION_UNKNOWN",
            at: { cluster: view.name, kind: "Namespace", name: namespace },
            message: say`namespace ${{ namespace }} of ${{ view: view.name }} has ${{ label }}, which no injection webhook selects`,
            hint: "name a revision or tag that is installed (istioctl tag list), or istio-injection=enabled",
          }),
        ];
      });
      return judged(problems, asking.length === 0 ? "none asks for it" : asking.join(", "));
    }),
  },
  {
    scope: "cluster",
    name: "injection-mode",
    category: "injection",
    title: "no namespace in use is in ambient mode",
    needs: ["objects-read"],
    run: ofObjects((facts, view, mesh) => {
      const used = usedNamespaces(view, mesh);
      const ambient = used.filter(
        (each) => facts.namespaces.get(each)?.metadata.labels?.["istio.io/dataplane-mode"] === "ambient",
      );
      const problems = ambient.map(
        (namespace): Problem =>
          makeProblem({
            code: "AMBIENT_UNSUPPORTED",
            at: { cluster: view.name, kind: "Namespace", name: namespace },
            message: say`namespace ${{ namespace }} of ${{ view: view.name }} is in ambient mode, where no sidecar takes part in calls between clusters`,
            hint: "label it istio-injection=enabled in place of istio.io/dataplane-mode=ambient",
          }),
      );
      return judged(problems, used.length === 0 ? "none is in use" : used.join(", "));
    }),
  },
];
