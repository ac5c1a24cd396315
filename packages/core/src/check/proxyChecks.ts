import type { Pod } from "../kinds/core.ts";
import { podProxyMetadata } from "../model/meshConfig.ts";
import type { Problem } from "../problem.ts";
import { type Check, type ClusterView, judged, ofObjects } from "./check.ts";
import { consumingNamespaces } from "./usedNamespaces.ts";

const variable = "ISTIO_META_DNS_CAPTURE";

export const proxyChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "dns-capture",
    category: "proxies",
    title: "consumers' sidecars answer DNS for names that no cluster has",
    needs: ["objects-read"],
    run: ofObjects((_facts, view, mesh) => {
      const config = view.cluster?.meshConfig;
      const wide = config?.proxyMetadata[variable] === "true";
      // SameName is a Service, which every DNS server of the cluster knows.
      const needing = mesh.intents.sharedServices.filter(({ spec }) => spec.as.some((form) => form !== "SameName"));
      const namespaces = consumingNamespaces(view, mesh, needing);
      if (namespaces.length === 0) {
        if (config === undefined) return { skipped: "ConfigMap istio cannot be read" };
        return { ok: wide ? "on for the whole mesh" : "off, and no declared name needs it here" };
      }
      const pods = proxiedPods(view).filter(({ metadata }) => namespaces.includes(metadata.namespace ?? "default"));
      const off = pods.filter((pod) => !(captures(pod) ?? (config === undefined || wide)));
      const problems =
        off.length === 0 && (pods.length > 0 || wide || config === undefined) ? [] : [offProblem(view, off)];
      return judged(problems, pods.length === 0 ? "no pod of a consumer yet" : `${pods.length} pods`);
    }),
  },
];

function proxiedPods({ cluster }: ClusterView): readonly Pod[] {
  return (cluster?.objects ?? []).filter(
    (object): object is Pod => object.kind === "Pod" && sidecarOf(object as Pod) !== undefined,
  );
}

function sidecarOf({ spec, status }: Pod) {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return undefined;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  // A gateway is nothing but a proxy.
  return containers.length === 1 ? undefined : containers.find(({ name }) => name === "istio-proxy");
}

/** What injection set when the pod was made counts, not what the mesh says by now; undefined where neither is told. */
function captures(pod: Pod): boolean | undefined {
  const env = sidecarOf(pod)?.env;
  if (env !== undefined) return env.some(({ name, value }) => name === variable && value === "true");
  const annotation = pod.metadata.annotations?.["proxy.istio.io/config"];
  const own = annotation === undefined ? undefined : podProxyMetadata(annotation)[variable];
  return own === undefined ? undefined : own === "true";
}

function offProblem({ name }: ClusterView, off: readonly Pod[]): Problem {
  const pods = off.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const shown = pods.length > 3 ? `${pods.slice(0, 3).join(", ")} and ${pods.length - 3} more` : pods.join(", ");
  return {
    code: "DNS_CAPTURE_OFF",
    at: name,
    message: `DNS capture is off ${pods.length === 0 ? `in ${name}` : `for ${shown} of ${name}`}, so names such as httpbin.bar.cluster2 do not resolve there`,
    hint: `set meshConfig.defaultConfig.proxyMetadata.${variable}: "true" (isthmus install-config ${name} writes it) and restart the pods, or use as: [SameName]`,
  };
}
