import { podConnectionSettings } from "../model/index.ts";
import type { IstioCluster } from "./istioCluster.ts";
import type { PathNormalization } from "./normalizePath.ts";
import type { Workload } from "./workload.ts";

/**
 * What a proxy does to paths: the same at all of its HTTP listeners, inbound, outbound and a gateway's
 * (pilot/pkg/networking/core/listener_builder.go, buildHTTPConnectionManager). The proxy's own settings win, and those of a
 * gateway with profile EDGE (connection_settings.go, applyEdgeProfileDefaults).
 */
export function pathNormalization(
  { meshConfig }: IstioCluster,
  { proxy, annotations }: Pick<Workload, "proxy" | "annotations">,
): PathNormalization {
  const level = meshConfig.pathNormalization;
  const own = annotations["proxy.istio.io/config"];
  const settings = (own === undefined ? undefined : podConnectionSettings(own)) ?? meshConfig.connectionSettings;
  const isEdge = settings?.isEdge === true && proxy === "gateway";
  return {
    isCanonical: level !== "NONE",
    mergesSlashes: settings?.mergesSlashes ?? (isEdge || level === "MERGE_SLASHES" || decodes(level)),
    escapedSlashes: settings?.escapedSlashes ?? (isEdge ? "redirect" : decodes(level) ? "unescape" : "keep"),
  };
}

function decodes(level: IstioCluster["meshConfig"]["pathNormalization"]): boolean {
  return level === "DECODE_AND_MERGE_SLASHES";
}
