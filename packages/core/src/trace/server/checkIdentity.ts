import { fingerprintsOf, type IstioCluster, type ProxyTls, spiffeId, type Workload } from "../../istio/index.ts";
import { acceptedTrustDomains } from "../../istio/policy/index.ts";
import type { Assumption } from "../assumption.ts";
import type { TraceBranch } from "../traceResult.ts";
import { type Arrival, broken, failedConnection, passed } from "./arrival.ts";

type Checked = { readonly arrival: Arrival } | { readonly branches: readonly TraceBranch[] };

/**
 * The handshake with a proxy that shows its mesh identity and asks for the caller's: roots both ways, the caller's trust
 * domain (pilot/pkg/security/model/authentication.go), and the names that the caller accepts.
 */
export function checkIdentity(
  arrival: Arrival,
  cluster: IstioCluster,
  workload: Workload,
  /** False for a gateway's server: only sidecars hold callers to the mesh's trust domains. */
  { checksTrustDomain }: { readonly checksTrustDomain: boolean },
): Checked {
  const { transport } = arrival;
  const at = { name: "identity" as const, cluster: cluster.name, source: "pilot/pkg/security/model/authentication.go" };
  const fails = failedConnection(arrival, "UF");
  const server = spiffeId(cluster.settings.trustDomain, workload.namespace, workload.serviceAccount);
  if (transport.mode !== "ISTIO_MUTUAL") {
    const shows = transport.mode === "MUTUAL" ? "a certificate that is not of the mesh" : "no certificate";
    const fault = {
      ...at,
      code: "TRACE_CLIENT_CERTIFICATE" as const,
      detail: `${workload.namespace}/${workload.name} asks for a certificate of the mesh, and the caller shows ${shows}`,
      fix: "Let the caller's proxy use mutual TLS of the mesh: a DestinationRule with tls.mode ISTIO_MUTUAL, or none.",
    };
    // With TLS 1.3 the client has sent its request before it learns that its certificate was refused.
    return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
  }
  const roots = arrival.attempt.caller.trustRoots;
  if (isDisjoint(roots, fingerprintsOf(cluster))) {
    const caller = arrival.attempt.caller.workload?.cluster ?? "the client";
    const fault = {
      ...at,
      code: "TRACE_TRUST" as const,
      detail: `the workloads of ${caller} and of ${cluster.name} trust no common root certificate`,
      fix: `Give both clusters' istiod an intermediate of one root (Secret cacerts), or both roots in their trust bundles.`,
    };
    return { branches: broken(arrival, fault, fails) };
  }
  const { acceptedSubjectAltNames: accepted, trusts } = transport;
  if (trusts === "mesh" && accepted.length > 0 && workload.serviceAccount === "") {
    // A WorkloadEntry need not name the account that its machine runs as.
    const detail = `${workload.namespace}/${workload.name} has one of the identities ${accepted.join(", ")}`;
    const assumes = [{ about: "credential", detail }] as const;
    const identities = {
      ...(transport.clientIdentity === undefined ? {} : { client: transport.clientIdentity }),
      server,
    };
    return {
      arrival: passed(arrival, { ...at, assumes, identities, detail: `mutual TLS: ${clientName(transport)} calls it` }),
    };
  }
  if (trusts === "mesh" && accepted.length > 0 && !accepted.includes(server)) {
    const fault = {
      ...at,
      code: "TRACE_IDENTITY" as const,
      detail: `the server is ${server}, and the caller accepts only ${accepted.join(", ")}`,
      fix: `Let the caller accept ${server}: subjectAltNames of its DestinationRule or ServiceEntry, or serviceAccount of the endpoint.`,
    };
    return { branches: broken(arrival, fault, fails) };
  }
  const client = transport.clientIdentity ?? "";
  const domains = checksTrustDomain ? acceptedTrustDomains(cluster) : undefined;
  if (domains !== undefined && client !== "" && !domains.some((domain) => client.startsWith(`spiffe://${domain}/`))) {
    const fault = {
      ...at,
      code: "TRACE_TRUST" as const,
      detail: `the caller is ${client}, and ${cluster.name} accepts only the trust domains ${domains.join(", ")}`,
      fix: `Add the caller's trust domain to trustDomainAliases in the mesh config of ${cluster.name}.`,
    };
    return { branches: broken(arrival, fault, failedConnection(arrival, "UC")) };
  }
  const assumes = unseenRoots(arrival, cluster);
  const detail = `mutual TLS: ${clientName(transport)} calls ${server}`;
  const identities = { ...(client === "" ? {} : { client }), server };
  return { arrival: passed(arrival, { ...at, identities, detail, ...(assumes.length === 0 ? {} : { assumes }) }) };
}

/** Between clusters of which one does not show what its workloads trust. */
function unseenRoots({ attempt }: Arrival, cluster: IstioCluster): readonly Assumption[] {
  const caller = attempt.caller.workload?.cluster ?? cluster.name;
  if (caller === cluster.name) return [];
  if (attempt.caller.trustRoots.length > 0 && fingerprintsOf(cluster).length > 0) return [];
  return [
    {
      about: "credential",
      detail: `the workloads of ${caller} and of ${cluster.name} trust a common root certificate`,
    },
  ];
}

function clientName({ clientIdentity = "the caller" }: ProxyTls): string {
  return clientIdentity;
}

/** Nothing is said where one side is not known. */
function isDisjoint(left: readonly string[], right: readonly string[]): boolean {
  return left.length > 0 && right.length > 0 && !left.some((each) => right.includes(each));
}
