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
  { settings }: IstioCluster,
  { proxy, annotations }: Pick<Workload, "proxy" | "annotations">,
): PathNormalization {
  const level = settings.pathNormalization;
  const own = annotations["proxy.istio.io/config"];
  const connection = (own === undefined ? undefined : podConnectionSettings(own)) ?? settings.connectionSettings;
  const isEdge = connection?.isEdge === true && proxy === "gateway";
  return {
    isCanonical: level !== "NONE",
    mergesSlashes: connection?.mergesSlashes ?? (isEdge || level === "MERGE_SLASHES" || decodes(level)),
    escapedSlashes: connection?.escapedSlashes ?? (isEdge ? "redirect" : decodes(level) ? "unescape" : "keep"),
  };
}

function decodes(level: IstioCluster["settings"]["pathNormalization"]): boolean {
  return level === "DECODE_AND_MERGE_SLASHES";
}
