import { factsOf, type Place, type Sentence, sentenceOf, showPlace, type Words } from "./findings/index.ts";

/**
 * Every code we report: its severity and what it means in one line. A code is never renamed and never reused;
 * docs/problems.md has one section for each, and a test compares both ways.
 *
 * - `error`: a declaration or a cluster state that cannot work; nothing is applied until it is fixed.
 * - `pending`: something cannot be seen or reached now; only what needs it waits, everything else goes on.
 * - `warning`: it works, but probably not as meant.
 */
export const problemCodes = {
  // Input files
  FILE_UNREADABLE: { severity: "error", summary: "an input file or folder cannot be read" },
  FILE_TOO_LARGE: { severity: "error", summary: "an input file is larger than we read" },
  NO_INTENTS: { severity: "error", summary: "the input holds no Isthmus resource" },
  YAML_INVALID: { severity: "error", summary: "a file is not valid YAML" },
  YAML_ALIASES: { severity: "error", summary: "a file's YAML aliases expand beyond the limit" },
  KIND_UNKNOWN: { severity: "error", summary: "apiVersion or kind is not one of ours" },
  KIND_NAMESAKE: { severity: "warning", summary: "a resource is called as one of ours and has another's apiVersion" },
  FIELD_UNKNOWN: { severity: "error", summary: "a field does not exist in this kind" },
  FIELD_MISSING: { severity: "error", summary: "a required field is missing" },
  FIELD_INVALID: { severity: "error", summary: "a field has the wrong type or value" },
  RESOURCE_DUPLICATE: { severity: "error", summary: "two resources have the same kind, namespace and name" },
  MESH_DUPLICATE: { severity: "error", summary: "there is more than one Mesh resource" },
  IMPORT_LEFT_OUT: { severity: "warning", summary: "something that was imported has no counterpart" },
  IMPORT_BY_HAND: { severity: "warning", summary: "something that was imported has to be completed by hand" },
  // Configuration of the tool and access to clusters
  KUBECONFIG_INVALID: { severity: "error", summary: "the kubeconfig cannot be read or has no such context" },
  SECRET_UNREADABLE: {
    severity: "error",
    summary: "a Secret that holds a cluster's kubeconfig is missing, or lacks the key",
  },
  CLUSTER_UNREACHABLE: { severity: "pending", summary: "a cluster's API server does not answer" },
  CLUSTER_UNAUTHORIZED: { severity: "pending", summary: "a cluster's API server refuses our credentials" },
  CLUSTER_FORBIDDEN: { severity: "pending", summary: "we may not read a kind that is needed" },
  CLUSTER_CERTIFICATE: { severity: "pending", summary: "a client or server certificate is expired or not trusted" },
  CLUSTER_UNVERIFIED: { severity: "warning", summary: "a kubeconfig turns off that the API server is verified" },
  KIND_NOT_INSTALLED: { severity: "pending", summary: "a cluster has no CRD for a kind that is needed" },
  ANSWER_MALFORMED: { severity: "pending", summary: "an API server's address answers with something else" },
  OBJECT_MALFORMED: { severity: "warning", summary: "an object is not of its kind's form and was left out" },
  OBJECT_TWICE: { severity: "warning", summary: "a cluster's directory holds an object twice, and the two differ" },
  DIRECTORY_INVALID: { severity: "error", summary: "a cluster's directory holds a manifest that cannot be read" },
  DUMP_INVALID: { severity: "error", summary: "a dump is cut off, or not what a tool wrote" },
  DUMP_TOO_LARGE: { severity: "error", summary: "a dump is larger than what is read" },
  DUMP_MIXED: { severity: "warning", summary: "a dump of a cluster holds manifests as well" },
  // What a declaration refers to
  NOT_YET: { severity: "error", summary: "declared correctly, but this version cannot compile it yet" },
  CLUSTER_UNKNOWN: { severity: "error", summary: "a resource names a cluster that is not declared" },
  CLUSTER_NONE_SELECTED: { severity: "error", summary: "a cluster selector matches no declared cluster" },
  NAMESPACE_MISSING: { severity: "error", summary: "a namespace does not exist in a cluster that needs it" },
  NAMESPACE_UNDISCOVERED: { severity: "error", summary: "istiod does not look into a namespace that is needed" },
  SERVICE_MISSING: { severity: "error", summary: "a serving cluster has no such Service" },
  SERVICE_UNREADABLE: { severity: "pending", summary: "a serving cluster's Service is not of its kind's form" },
  SERVICE_UNSUPPORTED: { severity: "error", summary: "the Service is of a type that cannot be shared" },
  SERVICE_HIDDEN: { severity: "error", summary: "the gateway that is to serve a Service does not see it" },
  SERVICE_NODE_LOCAL: {
    severity: "warning",
    summary: "a Service keeps the gateway's calls on each gateway pod's node",
  },
  PORT_MISSING: { severity: "error", summary: "the Service has no such port" },
  PORT_UNSUPPORTED: { severity: "error", summary: "the port's protocol cannot cross the gateway" },
  PORT_LEFT_OUT: { severity: "warning", summary: "a port of the Service is not shared" },
  PORT_MISMATCH: { severity: "error", summary: "the Service's ports differ between clusters" },
  PORT_NAMED: { severity: "error", summary: "a Service gives its pods' port by name where a rule needs the number" },
  SERVICE_ACCOUNT_UNKNOWN: { severity: "pending", summary: "no workload behind the Service tells its service account" },
  SIDECAR_PARTIAL: { severity: "warning", summary: "some workloads behind the Service have no sidecar" },
  SIDECAR_MISSING: { severity: "error", summary: "the workload behind the Service has no sidecar" },
  CONSUMER_WITHOUT_SIDECAR: { severity: "warning", summary: "no sidecar injection in a consuming namespace" },
  GATEWAY_MISSING: { severity: "error", summary: "no Service of the gateway in a cluster that needs it" },
  GATEWAY_NO_ADDRESS: { severity: "error", summary: "the east-west gateway has no address to reach it by" },
  GATEWAY_ADDRESS_UNSUPPORTED: {
    severity: "error",
    summary: "a gateway address is a host name where an IP address is needed",
  },
  GATEWAY_PORT_MISSING: { severity: "error", summary: "the gateway Service does not expose the declared port" },
  TRUST_ROOTS_DIFFER: { severity: "error", summary: "two clusters that must talk have no trust root in common" },
  TRUST_ROOT_UNKNOWN: { severity: "warning", summary: "a cluster does not publish its trust root" },
  NAME_TEMPLATE_INVALID: { severity: "error", summary: "a name template yields no valid host name" },
  SERVICE_SHARED_TWICE: { severity: "error", summary: "two SharedServices share the same Service" },
  SELECTOR_SHARED: { severity: "error", summary: "another Service selects the labels that remote endpoints need" },
  TRAFFIC_CONFLICT: { severity: "error", summary: "traffic settings exclude each other or need another name form" },
  TRAFFIC_PROTOCOL: { severity: "error", summary: "a traffic setting does not hold for a port's protocol" },
  VERSION_MISSING: { severity: "warning", summary: "a version that calls are sent to has no pod" },
  REGION_UNKNOWN: { severity: "error", summary: "a cluster's nodes do not tell one region, which weights need" },
  FAILOVER_WITHOUT_EFFECT: { severity: "warning", summary: "a rule of failover by region that no call can follow" },
  DRAIN_WITHOUT_EFFECT: { severity: "warning", summary: "a drained cluster is the only one that serves" },
  ACCESS_NOT_HTTP: { severity: "error", summary: "methods or paths are asked of a port that is not HTTP" },
  ACCESS_TOO_COMPLEX: { severity: "error", summary: "access rules need too many rules of an AuthorizationPolicy" },
  ACCESS_BYPASSED: { severity: "error", summary: "a Gateway of the user lets callers in past the access rules" },
  ACCESS_ADMITS_NOBODY: { severity: "warning", summary: "no access rule admits a consumer" },
  HOST_NOT_IMPORTED: {
    severity: "warning",
    summary: "a Sidecar of the user does not let a name through to its callers",
  },
  SERVICE_NOT_EXPORTED: { severity: "error", summary: "a Service of the user is not exported to consumers" },
  ACCESS_LOCAL_CALLERS: { severity: "warning", summary: "access rules also hold for local callers of a merged name" },
  EXPORT_INVALID: { severity: "warning", summary: "a ServiceExport has no Service that can be exported" },
  EXPORT_UNUSABLE: { severity: "pending", summary: "an exported Service lacks something that it needs" },
  EXPORT_CONFLICT: { severity: "warning", summary: "exports of one Service differ; the older one counts" },
  EXPORT_IGNORED: { severity: "warning", summary: "an exported Service is shared by a declaration already" },
  EMIT_FALLBACK: { severity: "warning", summary: "Gateway API objects cannot say the same, Istio's are written" },
  ROUTE_LOCAL_ONLY: { severity: "warning", summary: "a route to a ServiceImport stays in its cluster" },
  PATH_NEVER_MATCHES: { severity: "warning", summary: "a path in a declaration is one that no request has" },
  CONSUMER_DENIED: { severity: "warning", summary: "an AuthorizationPolicy of the user denies a declared consumer" },
  HOST_CONFLICT: { severity: "error", summary: "a host name is claimed twice in one cluster" },
  DESTINATION_RULE_CONFLICT: {
    severity: "error",
    summary: "a DestinationRule of the user covers a host that needs ours",
  },
  VIRTUAL_SERVICE_CONFLICT: {
    severity: "error",
    summary: "a VirtualService of the user covers a host that needs ours",
  },
  ROUTE_CONFLICT: { severity: "error", summary: "a route of the user leads calls of a host that needs our routes" },
  TRAFFIC_BYPASSED: { severity: "warning", summary: "a route of the user leads calls past the traffic settings" },
  GATEWAY_HOST_CONFLICT: { severity: "error", summary: "another Gateway serves the same host on the same port" },
  CREDENTIAL_SHARED: { severity: "warning", summary: "two servers show one certificate at the same gateway" },
  VIP_POOL_INVALID: { severity: "error", summary: "the address pool is not a usable range" },
  VIP_POOL_EXHAUSTED: { severity: "error", summary: "the address pool has no free address left" },
  VIP_SHARED: { severity: "warning", summary: "an object of the user uses an address that a host of ours has" },
  // Certificates
  CERTIFICATE_INVALID: { severity: "error", summary: "a certificate or private key cannot be used" },
  CERTIFICATE_EXPIRED: { severity: "error", summary: "a certificate has ended, or was never issued" },
  CERTIFICATE_EXPIRING: { severity: "warning", summary: "two thirds of a certificate's life are over" },
  ISTIOD_RESTART_NEEDED: { severity: "warning", summary: "istiod does not use its new certificate yet" },
  CA_MISSING: { severity: "error", summary: "the mesh has no CA yet" },
  CA_EXISTS: { severity: "error", summary: "there is a CA's key file already" },
  CA_ROOT_CHANGES: { severity: "error", summary: "a cluster's workloads trust another root now" },
  CA_PASSPHRASE_MISSING: { severity: "error", summary: "nobody gave the passphrase of a CA's key file" },
  CA_KEY_FILE_EXPOSED: { severity: "error", summary: "others may read a CA's key file" },
  CA_KEY_FILE_INVALID: { severity: "error", summary: "a CA's key file cannot be read" },
  CA_KEY_LOCKED: { severity: "error", summary: "a CA's key file does not open with this passphrase" },
  SIGNER_FAILED: { severity: "error", summary: "the CA did not sign what it was asked to" },
  // Trace, at the client
  TRACE_ELSEWHERE: { severity: "error", summary: "the call ends at something that the name is not for" },
  TRACE_CALLER_UNKNOWN: { severity: "error", summary: "the workload that calls does not exist" },
  TRACE_HOST_UNKNOWN: { severity: "error", summary: "the name that is called resolves nowhere" },
  TRACE_HOST_HIDDEN: { severity: "error", summary: "the name exists, but the caller's namespace does not see it" },
  TRACE_NO_DNS_CAPTURE: {
    severity: "error",
    summary: "the name is a ServiceEntry's, and the caller's pod asks only cluster DNS",
  },
  TRACE_TLS_IN_TLS: {
    severity: "error",
    summary: "a proxy wraps the client's own TLS in another, of which the server ends only one",
  },
  TRACE_SIDECAR_BYPASSED: {
    severity: "error",
    summary: "a call goes around the caller's sidecar, to an address that only the sidecar knows",
  },
  TRACE_PORT_UNDECLARED: { severity: "error", summary: "the host has no such port" },
  TRACE_PROTOCOL_MISMATCH: {
    severity: "error",
    summary: "the port is declared as another protocol than what is spoken",
  },
  TRACE_EGRESS_FORBIDDEN: {
    severity: "error",
    summary: "REGISTRY_ONLY forbids what no Service and no ServiceEntry declares",
  },
  TRACE_ROUTE_MISSING: { severity: "error", summary: "no route of the host's VirtualService matches the request" },
  TRACE_ROUTE_ABORTS: { severity: "error", summary: "a VirtualService aborts the request on purpose" },
  TRACE_DESTINATION_UNKNOWN: {
    severity: "error",
    summary: "a route leads to a host or port that the proxy does not know",
  },
  TRACE_SUBSET_UNKNOWN: { severity: "error", summary: "a route leads to a subset that no DestinationRule has" },
  TRACE_SUBSET_EMPTY: { severity: "error", summary: "no endpoint has the labels of the subset" },
  TRACE_NO_ENDPOINTS: { severity: "error", summary: "nothing serves the host's port" },
  // Rotation of the mesh's root and intermediates
  CACERTS_MISSING: { severity: "error", summary: "a cluster has no Secret cacerts, so its root cannot be changed" },
  CA_SIGNER_UNKNOWN: { severity: "error", summary: "a cluster trusts several roots and does not say which one signs" },
  CA_SIGNER_MISMATCH: { severity: "error", summary: "the signer works under another root than the one to move to" },
  MULTIROOT_OFF: { severity: "error", summary: "istiod does not take over other roots while it runs" },
  ROTATION_WAITS: { severity: "pending", summary: "a rotation is not done yet: istiods or proxies have to follow" },
  // What check finds of a cluster
  CLUSTER_DECLARED_TWICE: { severity: "error", summary: "two declared clusters are one and the same" },
  KUBERNETES_UNSUPPORTED: { severity: "warning", summary: "the API server is older than what Istio supports" },
  CLOCK_SKEWED: { severity: "error", summary: "clocks differ by more than a minute" },
  WRITE_FORBIDDEN: { severity: "error", summary: "we may not write what apply writes" },
  RIGHTS_PARTIAL: { severity: "warning", summary: "we may not read something that only some checks need" },
  ISTIOD_MISSING: { severity: "error", summary: "a cluster has no istiod in Istio's namespace" },
  ISTIO_UNSUPPORTED: { severity: "error", summary: "istiod is older than 1.22" },
  ISTIO_VERSION_SKEW: { severity: "warning", summary: "two clusters run Istio versions that are far apart" },
  ISTIOD_NOT_READY: { severity: "error", summary: "no istiod of a cluster is ready" },
  ISTIOD_NO_ENDPOINTS: { severity: "error", summary: "istiod's Service leads to no ready pod" },
  CLUSTER_ID_SHARED: { severity: "warning", summary: "istiod of two clusters has the same cluster name" },
  AUTO_MTLS_OFF: { severity: "warning", summary: "automatic mutual TLS is switched off" },
  INJECTION_WEBHOOK_MISSING: { severity: "error", summary: "nothing asks istiod to inject sidecars" },
  INJECTION_REVISION_UNKNOWN: { severity: "error", summary: "a namespace asks for a revision that does not inject" },
  AMBIENT_UNSUPPORTED: { severity: "error", summary: "a namespace in use is in ambient mode" },
  GATEWAY_NOT_READY: { severity: "error", summary: "no pod of the east-west gateway is ready" },
  GATEWAY_UNREACHABLE: { severity: "error", summary: "a gateway's address cannot be reached from here" },
  GATEWAY_HELLO_FAILED: { severity: "error", summary: "a gateway takes connections but does not pass TLS through" },
  TRUST_DOMAIN_REFUSED: {
    severity: "error",
    summary: "two clusters that are to talk do not accept each other's trust domain",
  },
  TRUST_DOMAIN_DIFFERS: { severity: "warning", summary: "a cluster has another trust domain than the Mesh" },
  CA_EXPIRED: { severity: "error", summary: "a CA certificate of a cluster has ended" },
  CA_EXPIRES_SOON: { severity: "warning", summary: "a CA certificate of a cluster ends soon" },
  DNS_CAPTURE_OFF: { severity: "error", summary: "sidecars of consumers do not answer DNS" },
  VIP_POOL_OVERLAPS: { severity: "error", summary: "the address pool is in use for something else" },
  GATEWAY_ADDRESS_SHADOWED: {
    severity: "error",
    summary: "a gateway's address means something else in a calling cluster",
  },
  // Plan and apply
  OWNERSHIP_UNPROVEN: {
    severity: "warning",
    summary: "an object carries our label, but is not one that we would write",
  },
  OBJECT_NOT_OURS: { severity: "error", summary: "an object of the same name exists and is not ours" },
  OBJECT_REFUSED: { severity: "error", summary: "the API server refuses an object" },
  WRITE_FAILED: { severity: "error", summary: "a write did not go through" },
  WRITE_SKIPPED: { severity: "error", summary: "a write was not tried since one that it needs failed" },
  DECLARATION_VANISHED: {
    severity: "pending",
    summary: "a declaration is gone, and nobody is known to have deleted it",
  },
  LEASE_LOST: { severity: "pending", summary: "another controller writes now" },
  PLAN_STALE: { severity: "error", summary: "the cluster changed since the plan was made" },
  PLAN_INVALID: { severity: "error", summary: "a saved plan cannot be read" },
  MASS_DELETE: { severity: "error", summary: "the plan deletes more than half of what we own" },
  PATH_WOULD_BREAK: { severity: "error", summary: "the plan breaks a declared path that works now" },
  PATH_WOULD_BE_UNPROVEN: {
    severity: "error",
    summary: "after the plan it cannot be told whether a declared path that works now still does",
  },
  CONFIRMATION_NEEDED: { severity: "error", summary: "an apply without a terminal needs --yes" },
  TIMED_OUT: { severity: "error", summary: "the time that --timeout gives is over" },
  USAGE: { severity: "error", summary: "the command line is wrong" },
  // Trace, at the server
  TRACE_ADDRESS_UNKNOWN: {
    severity: "error",
    summary: "no observed cluster has the address and port that a request is sent to",
  },
  TRACE_NOTHING_LISTENS: { severity: "error", summary: "nothing takes connections at a port" },
  TRACE_LISTENER_REJECTED: { severity: "error", summary: "a gateway's Envoy rejects a listener as a whole" },
  TRACE_NO_FILTER_CHAIN: { severity: "error", summary: "no server of a gateway takes the connection's SNI and ALPN" },
  TRACE_GATEWAY_ENDPOINTS: { severity: "error", summary: "a gateway passes the SNI through to no endpoint" },
  TRACE_GATEWAY_ROUTE: { severity: "error", summary: "a gateway has no route for the request" },
  TRACE_MUTUAL_TLS: {
    severity: "error",
    summary: "the server's sidecar expects mutual TLS where it is not spoken, or plain text where it is",
  },
  TRACE_CLIENT_CERTIFICATE: { severity: "error", summary: "the caller shows no certificate that the server asks for" },
  TRACE_TRUST: { severity: "error", summary: "caller and server trust no common root, or trust domain" },
  TRACE_IDENTITY: { severity: "error", summary: "the caller does not accept the server's identity" },
  TRACE_NO_SIDECAR: { severity: "error", summary: "mutual TLS is spoken to a pod that has no sidecar" },
  TRACE_PATH_REFUSED: { severity: "error", summary: "a proxy refuses the request's path as it is written" },
  TRACE_TOKEN: { severity: "error", summary: "a RequestAuthentication refuses the token of the request" },
  TRACE_DENIED: { severity: "error", summary: "an AuthorizationPolicy denies the request" },
  TRACE_EXTENSION: { severity: "warning", summary: "an EnvoyFilter or WasmPlugin does what a trace does not follow" },
  TRACE_NOT_MODELLED: {
    severity: "warning",
    summary: "a trace does not follow this part of the Gateway API or of ambient mode",
  },
  TRACE_UNREADABLE: { severity: "warning", summary: "an object that cannot be read may decide" },
  TRACE_KIND_MISSING: { severity: "warning", summary: "a kind that a dump does not show may decide" },
  TRACE_LOOP: { severity: "error", summary: "gateways send a request back and forth" },
  // Lint: objects without effect
  LINT_SELECTS_NOTHING: { severity: "warning", summary: "a policy holds for no workload" },
  LINT_SIDECAR_UNUSED: { severity: "warning", summary: "a Sidecar holds for no workload" },
  LINT_HOST_UNKNOWN: { severity: "warning", summary: "a DestinationRule is for a host that nobody has" },
  LINT_DESTINATION_RULE_SHADOWED: { severity: "warning", summary: "no client uses anything of a DestinationRule" },
  LINT_SUBSET_EMPTY: { severity: "warning", summary: "no endpoint belongs to a subset" },
  LINT_SUBSET_UNUSED: { severity: "warning", summary: "no route leads to a subset" },
  LINT_ROUTE_SHADOWED: { severity: "warning", summary: "no request gets to a route" },
  LINT_DESTINATION_UNKNOWN: { severity: "warning", summary: "a route leads to a host that nobody has" },
  LINT_GATEWAY_UNKNOWN: { severity: "warning", summary: "a VirtualService is for a Gateway that is not there" },
  LINT_GATEWAY_UNUSED: { severity: "warning", summary: "no pod serves a Gateway" },
  LINT_IMPORT_EMPTY: { severity: "warning", summary: "a host of a Sidecar lets nothing through" },
  LINT_SERVICE_ENTRY_OVERLAPS: { severity: "warning", summary: "a ServiceEntry has the host of a Service" },
  // Doctor: what is found on the way of a request that fails
  DOCTOR_PROXY_DOWN: { severity: "error", summary: "the client's sidecar does not answer" },
  PATH_TEST_NONE: { severity: "error", summary: "there is no PathTest to run" },
  PATH_TEST_FAILED: { severity: "error", summary: "a request does not get what a PathTest expects" },
  PATH_TEST_UNTOLD: { severity: "pending", summary: "whether a request gets what a PathTest expects cannot be told" },
  PATH_TEST_WIRE: { severity: "error", summary: "a call of a PathTest does otherwise than its trace says" },
  DOCTOR_NAME: { severity: "error", summary: "the client's pod does not resolve a name that its sidecar should know" },
  DOCTOR_CERTIFICATE: { severity: "error", summary: "a workload's certificate has ended, or is not valid yet" },
  DOCTOR_GATEWAY_DOWN: { severity: "error", summary: "no pod of the gateway is ready and answers" },
  DOCTOR_GATEWAY_SILENT: { severity: "error", summary: "the gateway's address takes connections and says nothing" },
  DOCTOR_ADDRESS_TIMEOUT: { severity: "error", summary: "nothing answers at a gateway's address" },
  DOCTOR_ADDRESS_REFUSED: { severity: "error", summary: "a gateway's address refuses connections" },
  DOCTOR_APP_DOWN: { severity: "error", summary: "the app does not listen behind its sidecar" },
  DOCTOR_CONFIG_REJECTED: { severity: "error", summary: "Envoy rejects what istiod sends it" },
  DOCTOR_PROXY_STALE: { severity: "error", summary: "a proxy works with an old configuration" },
  DOCTOR_ISTIOD_DOWN: { severity: "error", summary: "istiod does not answer" },
} as const satisfies Record<string, { severity: "error" | "pending" | "warning"; summary: string }>;

export type ProblemCode = keyof typeof problemCodes;
export type Severity = (typeof problemCodes)[ProblemCode]["severity"];

/** What a problem is made from. */
export interface ProblemDraft {
  readonly code: ProblemCode;
  readonly at: Place;
  /** Never a bare text: what it is made of has to stay data beside it. */
  readonly message: Sentence;
  /** What to do about it, naming the next command where there is one. Empty when the message says it all. */
  readonly hint: Words;
}

/** Something the user can fix. Functions return these, all together; they throw `MeshError` only when they can't go on. */
export interface Problem extends Pick<Sentence, "params" | "refs"> {
  readonly code: ProblemCode;
  readonly severity: Severity;
  readonly place: Place;
  /** `place` for people: `file:line:column`, a resource and field, or an object as `cluster2: Kind ns/name`. */
  readonly at: string;
  readonly message: string;
  readonly hint: string;
}

/** The only maker of problems: their text and what it is made of come from the same sentences. */
export function makeProblem({ code, at: place, message, hint }: ProblemDraft): Problem {
  const advice = sentenceOf(hint);
  return {
    code,
    severity: problemCodes[code].severity,
    place,
    ...factsOf([message, advice]),
    at: showPlace(place),
    message: message.text,
    hint: advice.text,
  };
}

/** The same problem at another place: where its object is written, or its declaration was read. */
export function movedTo<P extends Partial<Problem>>(problem: P, place: Place): P {
  return { ...problem, place, at: showPlace(place) };
}

/** True when any problem forbids applying. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}

/** Whether a problem kept something from being seen or done: an error, or a pending one. */
export function isPartial(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity !== "warning");
}

/** Thrown where we can't go on: broken input that has no place to be reported, I/O, a broken invariant. */
export class MeshError extends Error {
  override readonly name = "MeshError";
  readonly problem: Problem;

  constructor(found: Problem | ProblemDraft, options?: ErrorOptions) {
    const problem = "severity" in found ? found : makeProblem(found);
    super(problem.message, options);
    this.problem = problem;
  }

  get code(): ProblemCode {
    return this.problem.code;
  }

  get at(): string {
    return this.problem.at;
  }

  get hint(): string {
    return this.problem.hint;
  }
}
