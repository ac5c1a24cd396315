import { catalog, checkedKinds, type Demand } from "./catalog.ts";

export type RightVerb = "get" | "list" | "watch" | "create" | "patch" | "delete";

/**
 * What a right is for.
 * - `observe`: plan, diff, status, verify and whatever reads a cluster;
 * - `watch`: the controller, which follows what `observe` reads;
 * - `write`: apply;
 * - `check`: rows of `isthmus check`, which are skipped without it;
 * - `ca`: the Secret that holds a cluster's intermediate certificate.
 * - `signing`: requests to cert-manager, where it is the signer; in the namespace of the requests;
 * - `rotation`: metrics of istiod and of proxies, which tell how far a rotation is;
 * - `probe`: what `probe` and `verify` call paths with: a token of a consumer's account, exchanged at istiod. With the way to
 *   istiod, `apply` also learns when proxies have what was written;
 * - `doctor`: commands in callers' pods (also `probe --from-pod`), and what proxies tell of themselves;
 * - `ephemeral`: containers that `probe --ephemeral-container` adds to callers' pods.
 */
export type RightPurpose =
  | "observe"
  | "watch"
  | "write"
  | "check"
  | "ca"
  | "signing"
  | "rotation"
  | "probe"
  | "doctor"
  | "ephemeral";

/** Verbs on a resource that we use in every cluster, in the words of RBAC. */
export interface Right {
  readonly purpose: RightPurpose;
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly RightVerb[];
  /** `everywhere` is in all namespaces, or of a kind that has none; `istio` only in Istio's own namespace. */
  readonly scope: "everywhere" | "istio";
  /** Only objects of these names. */
  readonly names?: readonly string[];
  /** Only where declarations ask for it. */
  readonly demand?: Demand;
}

/** The ConfigMap by which istiod gives every namespace the mesh's roots. It holds certificates only, never a key. */
export const trustRootConfigMap = "istio-ca-root-cert";
/** The ConfigMap that istiod reads the mesh's settings from; a revision has one of its own, which we do not read. */
export const meshConfigMap = "istio";
/** The Secret that gives istiod its intermediate certificate. */
export const caSecret = "cacerts";

/**
 * Every right that our commands use: `isthmus rbac` grants these and `isthmus check` asks for them. Kinds come from the
 * catalog, so that a new one is in both. No Secret but `cacerts`. With `demands` only what those ask for, else whatever any could.
 */
export function rightsOf(purposes: readonly RightPurpose[], demands?: ReadonlySet<Demand>): readonly Right[] {
  return allRights.filter(
    ({ purpose, demand }) => purposes.includes(purpose) && (demand === undefined || demands?.has(demand) !== false),
  );
}

/**
 * A WebSocket begins with a GET; API servers since 1.35 ask for `create` besides: kubernetes/pkg/features/kube_features.go,
 * AuthorizePodWebsocketUpgradeCreatePermission.
 */
const streams: readonly RightVerb[] = ["get", "create"];

const allRights: readonly Right[] = [
  ...catalog.map(
    ({ group, plural }): Right => ({
      purpose: "observe",
      group,
      resource: plural,
      verbs: ["list"],
      scope: "everywhere",
    }),
  ),
  {
    purpose: "observe",
    group: "",
    resource: "configmaps",
    verbs: ["get"],
    scope: "istio",
    names: [trustRootConfigMap, meshConfigMap],
  },
  ...catalog.map(
    ({ group, plural }): Right => ({
      purpose: "watch",
      group,
      resource: plural,
      verbs: ["watch"],
      scope: "everywhere",
    }),
  ),
  {
    purpose: "watch",
    group: "",
    resource: "configmaps",
    // Held to names where a field selector asks for one.
    verbs: ["list", "watch"],
    scope: "istio",
    names: [trustRootConfigMap, meshConfigMap],
  },
  ...catalog.flatMap(({ group, plural, write }): readonly Right[] => {
    if (write === false) return [];
    const { demand } = write;
    // A server-side apply that creates needs both patch and create; get tells what a conflict is about.
    const verbs = ["get", "create", "patch", "delete"] as const;
    const asked = demand === undefined ? {} : { demand };
    return [{ purpose: "write", group, resource: plural, verbs, scope: "everywhere", ...asked }];
  }),
  ...checkedKinds.map(
    ({ group, plural, scope }): Right => ({ purpose: "check", group, resource: plural, verbs: ["list"], scope }),
  ),
  {
    purpose: "ca",
    group: "",
    resource: "secrets",
    // With server-side apply also `create` can be held to a name.
    verbs: ["get", "create", "patch"],
    scope: "istio",
    names: [caSecret],
  },
  {
    purpose: "signing",
    group: "cert-manager.io",
    resource: "certificaterequests",
    // Their names are random, and no request stays.
    verbs: ["get", "create", "patch", "delete"],
    scope: "everywhere",
  },
  { purpose: "probe", group: "", resource: "serviceaccounts/token", verbs: ["create"], scope: "everywhere" },
  { purpose: "probe", group: "", resource: "pods/portforward", verbs: streams, scope: "istio" },
  { purpose: "doctor", group: "", resource: "pods/exec", verbs: streams, scope: "everywhere" },
  { purpose: "doctor", group: "", resource: "pods/portforward", verbs: streams, scope: "everywhere" },
  { purpose: "ephemeral", group: "", resource: "pods/ephemeralcontainers", verbs: ["patch"], scope: "everywhere" },
  { purpose: "rotation", group: "", resource: "pods/proxy", verbs: ["get"], scope: "everywhere" },
];

/** One verb on one resource, as a SelfSubjectAccessReview asks for it. Without a namespace: in all of them. */
export interface AskedRight {
  readonly purpose: RightPurpose;
  /** Without it nothing can be said about the cluster, or nothing be written. */
  readonly needed: boolean;
  readonly verb: RightVerb;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Only where declarations ask for it. */
  readonly demand?: Demand;
}

/** The rights that our commands use, one by one. */
export function askedRights(purposes: readonly RightPurpose[], istioNamespace: string): readonly AskedRight[] {
  return rightsOf(purposes).flatMap((right) =>
    right.verbs.flatMap((verb) =>
      (right.names ?? [undefined]).map((name) => ({
        purpose: right.purpose,
        needed: right.purpose === "write" || isNeeded(right),
        verb,
        group: right.group,
        resource: right.resource,
        ...(right.scope === "istio" ? { namespace: istioNamespace } : {}),
        ...(name === undefined ? {} : { name }),
        ...(right.demand === undefined ? {} : { demand: right.demand }),
      })),
    ),
  );
}

function isNeeded({ purpose, group, resource }: Right): boolean {
  return (
    purpose === "observe" &&
    catalog.some((entry) => entry.group === group && entry.plural === resource && entry.read === "needed")
  );
}
