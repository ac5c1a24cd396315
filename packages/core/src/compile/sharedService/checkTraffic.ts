import { joinNames, say } from "../../findings/index.ts";
import { isHttp } from "../../istio/registry/index.ts";
import { at, concernsHttp, splitsByVersion } from "../../model/index.ts";
import type { Report } from "../declaration/report.ts";
import type { ResolvedService } from "./resolvedService.ts";
import { podsOf, type VersionLabels } from "./version.ts";

/** Traffic settings that cannot hold together, or not for the names, ports and pods that the service has. */
export function checkTraffic(shared: ResolvedService, report: Report): void {
  const { intent, owner } = shared;
  const { as, traffic } = intent.spec;
  for (const field of ["split", "match", "locality"] as const) {
    if (traffic?.[field] === undefined || as.includes("SameName") || as.includes("Mesh")) continue;
    report.add(
      owner,
      "TRAFFIC_CONFLICT",
      at(intent, "spec", "traffic", field),
      say`spec.traffic.${{ field }} chooses among clusters, but a name of the form PerCluster stands for one`,
      "add Mesh or SameName to spec.as",
    );
  }
  // Istio takes one of distribute and failover. istio/pkg/config/validation/agent, ValidateLocalityLbSetting
  if (traffic?.split !== undefined && traffic.locality !== undefined) {
    report.add(
      owner,
      "TRAFFIC_CONFLICT",
      at(intent, "spec", "traffic", "locality"),
      say`spec.traffic.split and spec.traffic.locality exclude each other: calls go by weight or to the nearest`,
      "keep one of the two",
    );
  }
  if (traffic?.locality?.clusters !== undefined && traffic.locality.failover !== undefined) {
    report.add(
      owner,
      "TRAFFIC_CONFLICT",
      at(intent, "spec", "traffic", "locality", "failover"),
      say`spec.traffic.locality.failover and clusters exclude each other: calls fail over by region or in an order of clusters`,
      "keep one of the two",
    );
  }
  checkProtocols(shared, report);
  warnOfMissingVersions(shared, report);
}

/**
 * Only HTTP has calls to tell apart, to time and to try again. A port that is declared as something else beside an HTTP port
 * is left to itself; one that Istio has to sniff may be meant. A stream that is encrypted by the app is routed by the name
 * (SNI) that it asks for, which is the callers' to choose: beside such a route streams with any other name, or none, go out as
 * if nobody knew the host, without mutual TLS, and with REGISTRY_ONLY nowhere. A route for all names istiod does not take.
 * istio/pilot/pkg/networking/core/tls.go, buildSidecarOutboundTLSFilterChainOpts; seen in the lab's Envoy
 */
function checkProtocols({ intent, owner, namespace, service, servers }: ResolvedService, report: Report): void {
  const { traffic } = intent.spec;
  for (const { facts, ports } of servers) {
    const what = (number: number) => `port ${number} of Service ${namespace}/${service} in ${facts.name}`;
    const serves = ports.some(({ protocol }) => isHttp(protocol));
    for (const { number, protocol } of ports) {
      if (protocol === "TLS" || protocol === "HTTPS") {
        if (!splitsByVersion(traffic)) continue;
        report.add(
          owner,
          "TRAFFIC_PROTOCOL",
          at(intent, "spec", "traffic", "split"),
          say`${what(number)} is ${{ protocol }}: streams that the app encrypts are told apart by the names (SNI) that callers ask for, not by version`,
          "split by cluster, which holds for every port; share each version as a Service of its own; or leave this port out of spec.ports",
        );
      }
      if (isHttp(protocol) || (protocol !== undefined && serves)) continue;
      for (const field of concernsHttp(traffic)) {
        report.add(
          owner,
          "TRAFFIC_PROTOCOL",
          at(intent, "spec", "traffic", field),
          say`${what(number)} is ${protocol ?? "not declared as HTTP"}, and spec.traffic.${{ field }} is for HTTP`,
          say`name the Service's port http-…, or remove spec.traffic.${{ field }}`,
        );
      }
    }
  }
}

function warnOfMissingVersions(shared: ResolvedService, report: Report): void {
  const { intent, namespace, service, servers } = shared;
  const { split = [], match = [] } = intent.spec.traffic ?? {};
  const mentions = [
    ...split.map(({ cluster, labels }, index) => ({ cluster, labels, path: ["split", index, "labels"] })),
    ...match.map(({ to }, index) => ({
      cluster: to.cluster,
      labels: to.labels,
      path: ["match", index, "to", "labels"],
    })),
  ];
  for (const { cluster, labels, path } of mentions) {
    const asked = servers.filter(({ facts }) => cluster === undefined || facts.name === cluster);
    if (labels === undefined || asked.length === 0) continue;
    if (asked.some((server) => podsOf(server, labels).length > 0)) continue;
    report.add(
      undefined,
      "VERSION_MISSING",
      at(intent, "spec", "traffic", ...path),
      say`${joinNames(asked.map(({ facts }) => facts.name))} has no pod with a sidecar behind Service ${{ namespace }}/${{ service }} that carries ${{ labels: showLabels(labels) }}: calls go to the others`,
      "start the version, or correct its labels",
    );
  }
}

function showLabels(labels: VersionLabels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}
