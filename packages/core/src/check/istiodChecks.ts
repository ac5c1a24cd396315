import { joinNames, say } from "../findings/index.ts";
import { isReady, type KubeObject, type Pod } from "../kinds/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, type ClusterView, judged, type MeshView, ofApiServer, ofObjects, type Verdict } from "./check.ts";
import { istiodServices } from "./injectionWebhooks.ts";

/** networking.istio.io/v1 is served since then. */
const oldestIstio = 22;
/** Minor releases that clusters may be apart, as many as Istio lets a data plane be behind its control plane. */
const largestDistance = 2;

export const istiodChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "istiod-present",
    category: "istiod",
    title: "istiod is installed",
    needs: ["objects-read"],
    run: ofObjects((_facts, view, { intents }) => {
      const { istioNamespace } = intents.mesh.spec;
      const versions = view.cluster?.istiodVersions ?? [];
      const names = [...deployments(view).map(({ metadata }) => metadata.name)];
      if (versions.length > 0 || names.length > 0)
        return { ok: names.length > 0 ? names.join(", ") : "pods app=istiod" };
      return {
        problems: [
          makeProblem({
            code: "ISTIOD_MISSING",
            at: { cluster: view.name },
            message: say`${{ view: view.name }} has no istiod in namespace ${{ istioNamespace }}`,
            hint: say`install Istio (isthmus install-config ${{ view: view.name }} writes its values), or set Mesh spec.istioNamespace`,
          }),
        ],
      };
    }),
  },
  {
    scope: "cluster",
    name: "istiod-version",
    category: "istiod",
    title: "istiod's version is supported",
    needs: ["istiod-present"],
    run: ofObjects((_facts, { name, cluster }) => {
      const versions = cluster?.istiodVersions ?? [];
      if (versions.length === 0) return { skipped: "no pod of istiod tells its version" };
      const old = versions.filter((version) => (minorOf(version) ?? oldestIstio) < oldestIstio);
      const problems = old.map(
        (version): Problem =>
          makeProblem({
            code: "ISTIO_UNSUPPORTED",
            at: { cluster: name },
            message: say`istiod of ${{ name }} is ${{ version }}; supported is 1.${{ oldestIstio }} or later`,
            hint: "upgrade Istio: older ones do not serve networking.istio.io/v1",
          }),
      );
      return judged(problems, versions.join(", "));
    }),
  },
  {
    scope: "mesh",
    name: "istiod-skew",
    category: "istiod",
    title: "the clusters' Istio versions are near each other",
    needs: [],
    run: versionSkew,
  },
  {
    scope: "cluster",
    name: "istiod-ready",
    category: "istiod",
    title: "istiod is ready",
    needs: ["istiod-present"],
    run: ofApiServer((_inspected, view) => readiness(view)),
  },
  {
    scope: "cluster",
    name: "istiod-endpoints",
    category: "istiod",
    title: "istiod's Service leads to it",
    needs: ["istiod-present"],
    run: ofApiServer(({ endpointSlices, mutatingWebhooks }, { name }, { intents }) => {
      if ("problem" in endpointSlices) return { skipped: endpointSlices.problem.message };
      const webhooks = "value" in mutatingWebhooks ? mutatingWebhooks.value : [];
      const services = istiodServices(webhooks, intents.mesh.spec.istioNamespace);
      const empty = services.filter((service) => readyEndpoints(endpointSlices.value, service) === 0);
      const problems = empty.map(
        (service): Problem =>
          makeProblem({
            code: "ISTIOD_NO_ENDPOINTS",
            at: { cluster: name, kind: "Service", namespace: intents.mesh.spec.istioNamespace, name: service },
            message: say`Service ${{ service }} of ${{ name }} leads to no ready istiod, so nothing is injected and no Istio object admitted`,
            hint: "compare the Service's selector with istiod's pods, and their readiness",
          }),
      );
      return judged(problems, services.join(", "));
    }),
  },
  {
    scope: "mesh",
    name: "istiod-cluster-id",
    category: "istiod",
    title: "each istiod has a cluster name of its own",
    needs: [],
    run: distinctIds,
  },
  {
    scope: "cluster",
    name: "istiod-auto-mtls",
    category: "istiod",
    title: "automatic mutual TLS is on",
    needs: ["objects-read"],
    run: ofObjects((_facts, { name, cluster }) => {
      if (cluster?.meshConfig === undefined) return { skipped: "ConfigMap istio cannot be read" };
      if (cluster.meshConfig.enableAutoMtls) return { ok: "enableAutoMtls" };
      return {
        problems: [
          makeProblem({
            code: "AUTO_MTLS_OFF",
            at: { cluster: name },
            message: say`${{ name }} sets enableAutoMtls to false, so sidecars speak plain text to services under their own name`,
            hint: "remove enableAutoMtls from the mesh configuration; names as SameName need it",
          }),
        ],
      };
    }),
  },
];

interface DeploymentLike extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly name: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
  readonly status?: { readonly availableReplicas?: number };
}

function deployments({ inspected }: ClusterView): readonly DeploymentLike[] {
  if (inspected === undefined || "problem" in inspected.deployments) return [];
  const istiod = inspected.deployments.value.filter(({ metadata }) => metadata.labels?.app === "istiod");
  return istiod.map((deployment) => deployment as DeploymentLike);
}

/** One revision that is ready is enough to say that the cluster has a control plane. */
function readiness(view: ClusterView): Verdict {
  const found = deployments(view);
  const pods = (view.cluster?.objects ?? []).filter(
    (object): object is Pod => object.kind === "Pod" && object.metadata.labels?.app === "istiod",
  );
  const ready = pods.filter(isReady);
  const available = found.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
  const wanted = found.reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);
  if (ready.length > 0 && (found.length === 0 || available > 0)) {
    return { ok: found.length === 0 ? `${ready.length} pods` : `${available} of ${wanted} replicas` };
  }
  return {
    problems: [
      makeProblem({
        code: "ISTIOD_NOT_READY",
        at: { cluster: view.name },
        message: say`no istiod of ${{ view: view.name }} is ready (${{ ready: ready.length }} of ${{ pods: pods.length }} pods, ${{ available }} of ${{ wanted }} replicas)`,
        hint: "kubectl describe deployment,pod -l app=istiod in Istio's namespace tells why",
      }),
    ],
  };
}

function minorOf(version: string): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

function versionSkew({ clusters }: MeshView): Verdict {
  const known = clusters
    .flatMap(({ name, cluster }) =>
      (cluster?.istiodVersions ?? []).flatMap((version) => {
        const minor = minorOf(version);
        return minor === undefined ? [] : [{ name, version, minor }];
      }),
    )
    .sort((left, right) => left.minor - right.minor);
  const [oldest, newest] = [known[0], known.at(-1)];
  if (oldest === undefined || newest === undefined) return { skipped: "no cluster's version is known" };
  if (newest.minor - oldest.minor <= largestDistance) {
    return { ok: oldest.version === newest.version ? oldest.version : `${oldest.version} to ${newest.version}` };
  }
  return {
    problems: [
      makeProblem({
        code: "ISTIO_VERSION_SKEW",
        at: { cluster: oldest.name },
        message: say`${{ oldest: oldest.name }} runs Istio ${{ version: oldest.version }} and ${{ newest: newest.name }} ${{ version2: newest.version }}, more than ${{ largestDistance }} minor releases apart`,
        hint: say`upgrade ${{ oldest: oldest.name }}`,
      }),
    ],
  };
}

function readyEndpoints(slices: readonly KubeObject[], service: string): number {
  return slices
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .flatMap((slice) => (slice as EndpointSlice).endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

function distinctIds({ clusters }: MeshView): Verdict {
  const byId = new Map<string, string[]>();
  for (const view of clusters) {
    const variables = deployments(view).flatMap(({ spec }) => spec?.template?.spec?.containers ?? []);
    const id = variables.flatMap(({ env = [] }) => env).find(({ name }) => name === "CLUSTER_ID")?.value;
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), view.name]);
  }
  if (byId.size === 0) return { skipped: "no Deployment of istiod shows its CLUSTER_ID" };
  const problems = [...byId]
    .filter(([, names]) => names.length > 1)
    .map(
      ([id, names]): Problem =>
        makeProblem({
          code: "CLUSTER_ID_SHARED",
          at: { cluster: names[1] ?? "" },
          message: say`istiod of ${joinNames(names)} have the same cluster name ${{ id }}, so metrics and traces mix them up`,
          hint: "set global.multiCluster.clusterName: isthmus install-config writes it",
        }),
    );
  return judged(problems, [...byId.keys()].sort().join(", "));
}
