import { parse } from "yaml";
import type { KubeObject, Lab } from "../../src/index.ts";
import type { ClusterName } from "./scenario.ts";

/** What istiod of a cluster runs with: the text in ConfigMap `istio`. */
export async function meshText(lab: Lab, cluster: ClusterName): Promise<string> {
  const found = await lab.cluster(cluster).api.get<KubeObject>("/api/v1/namespaces/istio-system/configmaps/istio");
  const data = found?.data as { readonly mesh?: string } | undefined;
  return data?.mesh ?? "";
}

/** Settings, as YAML, over others; as JSON, since istiod reads `off` as a truth value and we don't. */
export function withSettings(own: string, settings: string): string {
  return JSON.stringify({ ...parse(own), ...parse(settings) });
}
