import { say } from "../../findings/index.ts";
import { headlessAddresses, type MeshService } from "../../istio/registry/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { ClientStep } from "../attempt.ts";
import { broken } from "../hop.ts";
import { ended, type Walk } from "./walk.ts";

export const dnsSource = "pkg/dns/server/name_table.go";

/** The name is known to Istio only, and the caller does not ask Istio. */
export function notCaptured(walk: Walk, service: MeshService): ClientStep {
  const { cluster, caller, request } = walk;
  const object = clusterObject(cluster.name, service.object);
  const hop = broken({
    name: "name",
    cluster: cluster.name,
    object,
    field: "spec.hosts",
    code: "TRACE_NO_DNS_CAPTURE",
    detail:
      caller.proxy === "none"
        ? say`${{ host: request.url.host }} is a name of ${{ object }}, and ${{ caller: caller.name }} has no sidecar that could answer it`
        : say`${{ host: request.url.host }} is a name of ${{ object }}, and the sidecar of ${{ caller: caller.name }} does not capture DNS`,
    fix:
      caller.proxy === "none"
        ? say`Give ${{ caller: caller.name }} a sidecar, or call a Service of its own cluster.`
        : 'Set ISTIO_META_DNS_CAPTURE: "true" in proxyMetadata of the mesh\'s defaultConfig, and restart the pod.',
    source: dnsSource,
  });
  return ended(walk, hop, { kind: "no-such-host" });
}

/** `db-7.db.shop.svc.cluster.local`, where db has no such pod, or none that is ready. */
export function noSuchPod(walk: Walk, service: MeshService): ClientStep {
  const { cluster, request } = walk;
  const object = clusterObject(cluster.name, service.object);
  const [pod = ""] = request.url.host.split(".");
  const known = headlessAddresses(cluster, service).flatMap(({ workload }) =>
    workload?.subdomain === service.name ? (workload.hostnames ?? []) : [],
  );
  const named = known.length === 0 ? "none that has a name" : `only ${known.slice(0, 5).join(", ")}`;
  const hop = broken({
    name: "name",
    cluster: cluster.name,
    object,
    code: "TRACE_HOST_UNKNOWN",
    detail: say`${{ host: request.url.host }} would be a pod ${{ pod }} behind ${{ object }}, which has ${{ named }}`,
    fix: say`Call one of its pods, or ${{ host: service.host }} for any of them; a pod has such a name where its spec.subdomain (a StatefulSet's serviceName) is ${{ service: service.name }}, and while it is ready.`,
    source: dnsSource,
  });
  return ended(walk, hop, { kind: "no-such-host" });
}
