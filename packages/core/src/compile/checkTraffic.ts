import { at } from "../model/intents.ts";
import type { Report } from "./report.ts";
import type { Share } from "./share.ts";

/** Traffic settings that cannot hold together, or not for the names that the service gets. */
export function checkTraffic({ intent, owner }: Share, report: Report): void {
  const { as, traffic } = intent.spec;
  for (const field of ["split", "locality"] as const) {
    if (traffic?.[field] === undefined || as.includes("SameName") || as.includes("Mesh")) continue;
    report.add(
      owner,
      "TRAFFIC_CONFLICT",
      at(intent, "spec", "traffic", field),
      `spec.traffic.${field} chooses among clusters, but a name of the form PerCluster stands for one`,
      "add Mesh or SameName to spec.as",
    );
  }
  // Istio takes one of distribute and failover. istio/pkg/config/validation/agent, ValidateLocalityLbSetting
  if (traffic?.split !== undefined && traffic.locality !== undefined) {
    report.add(
      owner,
      "TRAFFIC_CONFLICT",
      at(intent, "spec", "traffic", "locality"),
      "spec.traffic.split and spec.traffic.locality exclude each other: calls go by weight or to the nearest",
      "keep one of the two",
    );
  }
}
