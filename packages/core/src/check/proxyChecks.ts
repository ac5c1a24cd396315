import { say } from "../findings/index.ts";
import { capturesDns, dnsCapture, type IstioCluster, proxyMetadataIn, type Workload } from "../istio/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, type ClusterView, judged, ofObjects } from "./check.ts";
import { consumingNamespaces } from "./usedNamespaces.ts";

const variable = dnsCapture;

export const proxyChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "dns-capture",
    category: "proxies",
    title: "consumers' sidecars answer DNS for names that no cluster has",
    needs: ["objects-read"],
    run: ofObjects((facts, view, mesh) => {
      const config = view.cluster?.meshConfig;
      const wide = proxyMetadataIn(facts, facts.settings.rootNamespace)[variable] === "true";
      // SameName is a Service, which every DNS server of the cluster knows.
      const needing = mesh.intents.sharedServices.filter(({ spec }) => spec.as.some((form) => form !== "SameName"));
      const namespaces = consumingNamespaces(view, mesh, needing);
      if (namespaces.length === 0) {
        if (config === undefined) return { skipped: "ConfigMap istio cannot be read" };
        return { ok: wide ? "on for the whole mesh" : "off, and no declared name needs it here" };
      }
      const pods = sidecarPods(facts).filter(({ namespace }) => namespaces.includes(namespace));
      const off = pods.filter((pod) => !capturesDns(facts, pod));
      const problems =
        off.length === 0 && (pods.length > 0 || wide || config === undefined) ? [] : [offProblem(view, off)];
      return judged(problems, pods.length === 0 ? "no pod of a consumer yet" : `${pods.length} pods`);
    }),
  },
];

/** Pods that run; a gateway is nothing but a proxy. */
function sidecarPods(facts: IstioCluster): readonly Workload[] {
  return facts.workloads.filter(({ proxy, controller }) => proxy === "sidecar" && controller === undefined);
}

function offProblem({ name }: ClusterView, off: readonly Workload[]): Problem {
  const pods = off.map(({ namespace, name: pod }) => `${namespace}/${pod}`);
  const shown = pods.length > 3 ? `${pods.slice(0, 3).join(", ")} and ${pods.length - 3} more` : pods.join(", ");
  return makeProblem({
    code: "DNS_CAPTURE_OFF",
    at: { cluster: name },
    message: say`DNS capture is off ${pods.length === 0 ? `in ${name}` : `for ${shown} of ${name}`}, so names such as httpbin.bar.cluster2 do not resolve there`,
    hint: say`set meshConfig.defaultConfig.proxyMetadata.${{ variable }}: "true" (isthmus install-config ${{ name }} writes it) and restart the pods, or use as: [SameName]`,
  });
}
