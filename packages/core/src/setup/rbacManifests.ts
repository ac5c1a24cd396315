import { type Demand, type KubeObject, type Right, type RightPurpose, rightsOf } from "../kinds/index.ts";
import { binding, type PolicyRule, type RbacSubject, role, serviceAccount } from "./roles.ts";

export interface RbacOptions {
  /** Of all roles and bindings. */
  readonly name: string;
  readonly subject: RbacSubject;
  readonly istioNamespace: string;
  /** `read` is enough for plan, diff, status, verify and check. */
  readonly access: "read" | "write";
  /** Also the Secret `cacerts` in Istio's namespace. */
  readonly manageCa: boolean;
  /** With `manageCa`, also the Secrets beside a gateway in which Isthmus puts the certificates that it issues. */
  readonly credentials?: { readonly namespace: string; readonly names: readonly string[] };
  /** With `manageCa` or `rotateCa`, namespaces in which cert-manager is asked to sign. */
  readonly signing?: readonly string[];
  /** What `isthmus ca rotate` needs, `cacerts` among it. */
  readonly rotateCa?: boolean;
  /** What `isthmus probe` and the calls of `isthmus verify` need: among it, to act as any service account of a consumer. */
  readonly probe?: boolean;
  /** `probe`, and what `isthmus doctor` and `isthmus probe --from-pod` do in pods. */
  readonly doctor?: boolean;
  /** `doctor`, and to add containers to pods, as `isthmus probe --ephemeral-container` does. */
  readonly ephemeral?: boolean;
  /** To be told of changes, as the controller is. */
  readonly controller?: boolean;
  /** Write only the kinds that these ask for, and those of any shared service; every kind unless set. */
  readonly demands?: ReadonlySet<Demand>;
  /** Write, and probe, only in these namespaces; in every one unless told. */
  readonly namespaces?: readonly string[];
}

/**
 * The manifests that give a subject exactly what our commands use in one cluster. Whatever is read or written in Istio's
 * namespace only is in a Role there; so is writing where its namespaces are named. `watch` only for the controller, no `update`, no Secret but
 * `cacerts` and the named ones beside the gateway.
 */
export function rbacManifests(options: RbacOptions): readonly KubeObject[] {
  const { name, subject, istioNamespace, access, manageCa, rotateCa = false, namespaces } = options;
  const reading = rightsOf(["observe", "check", ...(options.controller === true ? (["watch"] as const) : [])]);
  const writing = access === "write" ? rightsOf(["write"], options.demands) : [];
  const ca = rightsOf([
    ...(manageCa || rotateCa ? (["ca"] as const) : []),
    ...(rotateCa ? (["rotation"] as const) : []),
  ]);
  const ephemeral = options.ephemeral === true;
  const doctor = ephemeral || options.doctor === true;
  const probing = rightsOf([
    ...(doctor || options.probe === true ? (["probe"] as const) : []),
    ...(doctor ? (["doctor"] as const) : []),
    ...(ephemeral ? (["ephemeral"] as const) : []),
  ]);
  const isIn = (scope: Right["scope"]) => (right: Right) => right.scope === scope;
  // What may be held to namespaces, by the role that it is in there.
  const held = { write: writing, probe: probing.filter(isIn("everywhere")) };
  const inIstio = [...reading, ...ca, ...probing].filter(isIn("istio"));
  const clusterWide = [
    ...[...reading, ...ca].filter(isIn("everywhere")),
    ...(namespaces === undefined ? Object.values(held).flat() : []),
  ];
  return [
    ...(subject.kind === "ServiceAccount" ? [serviceAccount(subject)] : []),
    role("ClusterRole", { name }, [...rulesOf(clusterWide), ...selfRules]),
    binding("ClusterRole", { name }, name, subject),
    role("Role", { name, namespace: istioNamespace }, rulesOf(inIstio)),
    binding("Role", { name, namespace: istioNamespace }, name, subject),
    ...(manageCa ? credentialRole(options) : []),
    ...(manageCa || rotateCa ? (options.signing ?? []) : []).flatMap((namespace) =>
      roleIn(namespace, `${name}-signing`, rightsOf(["signing"]), subject),
    ),
    ...Object.entries(held).flatMap(([part, rights]) =>
      (rights.length === 0 ? [] : (namespaces ?? [])).flatMap((namespace) =>
        roleIn(namespace, `${name}-${part}`, rights, subject),
      ),
    ),
  ];
}

/** A Role of its own, since the gateway may stand in another namespace than Istio. */
function credentialRole({ name, subject, credentials }: RbacOptions): readonly KubeObject[] {
  if (credentials === undefined || credentials.names.length === 0) return [];
  const rights = rightsOf(["ca"]).map((right) => ({ ...right, names: [...credentials.names].sort() }));
  return roleIn(credentials.namespace, `${name}-edge`, rights, subject);
}

function roleIn(
  namespace: string,
  name: string,
  rights: readonly Right[],
  subject: RbacSubject,
): readonly KubeObject[] {
  const metadata = { name, namespace };
  return [role("Role", metadata, rulesOf(rights)), binding("Role", metadata, name, subject)];
}

/**
 * What Kubernetes lets everybody do who has logged in (system:basic-user, system:discovery), for clusters where it was
 * taken away: ask for one's own rights, the version and the kinds that are served.
 */
const selfRules: readonly PolicyRule[] = [
  { apiGroups: ["authorization.k8s.io"], resources: ["selfsubjectaccessreviews"], verbs: ["create"] },
  {
    nonResourceURLs: ["/version", "/apis/networking.istio.io/v1", "/apis/security.istio.io/v1"],
    verbs: ["get"],
  },
];

/** Rights of one group, the same verbs and names in one rule, sorted. */
function rulesOf(rights: readonly Right[]): readonly PolicyRule[] {
  const byKey = new Map<string, Right[]>();
  for (const right of rights) {
    const key = JSON.stringify([right.group, orderOf(right.purpose), right.verbs, right.names ?? []]);
    byKey.set(key, [...(byKey.get(key) ?? []), right]);
  }
  return [...byKey.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, [first, ...others]]) => {
      if (first === undefined) return [];
      const resources = [...new Set([first, ...others].map(({ resource }) => resource))].sort();
      return [
        {
          apiGroups: [first.group],
          resources,
          ...(first.names === undefined ? {} : { resourceNames: first.names }),
          verbs: first.verbs,
        },
      ];
    });
}

/** Rights to look come before rights to change. */
function orderOf(purpose: RightPurpose): number {
  return purpose === "observe" || purpose === "check" || purpose === "watch" ? 0 : 1;
}
