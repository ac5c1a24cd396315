import {
  type ClusterObject,
  type Container,
  isReady,
  type KubeObject,
  type Pod,
  type PodController,
  type PodSpec,
} from "../kinds/index.ts";
import { podProxyMetadata } from "../model/index.ts";
import { isInjected, tlsModeLabel } from "./injection.ts";

/** A pod as istiod and its proxy see it; where there are no Pods, the template of what will make one. */
export interface Workload {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** `gateway`: the proxy is all that runs in it, and serves what Gateway objects select. */
  readonly proxy: "sidecar" | "gateway" | "none";
  /** By label `security.istio.io/tlsMode`: clients' proxies speak mutual TLS to it by themselves. */
  readonly isMutualTls: boolean;
  readonly isReady: boolean;
  readonly isHostNetwork: boolean;
  /** Undefined for a pod that has none yet, and for a template. */
  readonly address: string | undefined;
  /** Of a pod of a dual-stack cluster: those of its other family. */
  readonly otherAddresses?: readonly string[];
  readonly node: string | undefined;
  /** Its names are `hostname.subdomain.namespace.svc…`, for as many pods as it stands for. */
  readonly subdomain?: string;
  readonly hostnames?: readonly string[];
  readonly ports: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
  /** From annotation `proxy.istio.io/config`, over the mesh's. */
  readonly proxyMetadata: Readonly<Record<string, string>>;
  /** The variables of its running proxy that we read; absent for a template, and where they are not to be seen. */
  readonly proxyEnvironment?: Readonly<Record<string, string>>;
  /** The user that all of its apps run as, where they are told one. */
  readonly runsAsUser?: number;
  /** The kind of what makes it, where only that is known: `Deployment`. */
  readonly controller?: string;
  /** No manifest shows it: a Gateway asks for it and a Service selects it, so it is taken to be there. */
  readonly isImagined?: true;
}

const proxyContainer = "istio-proxy";

/** Undefined for a Pod that has ended or is going away. */
export function workloadOfPod(cluster: string, pod: Pod): Workload | undefined {
  const { metadata, spec, status } = pod;
  if (status?.phase === "Succeeded" || status?.phase === "Failed" || metadata.deletionTimestamp !== undefined) {
    return undefined;
  }
  const { labels = {}, annotations = {} } = metadata;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return {
    cluster,
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    labels,
    annotations,
    serviceAccount: spec.serviceAccountName ?? "default",
    proxy: proxyOf(containers, spec.containers ?? []),
    isMutualTls: labels[tlsModeLabel] === "istio",
    isReady: isReady(pod),
    isHostNetwork: spec.hostNetwork === true,
    address: status?.podIP,
    ...otherAddresses(status),
    node: spec.nodeName,
    ...(spec.subdomain === undefined || spec.subdomain === ""
      ? {}
      : { subdomain: spec.subdomain, hostnames: [spec.hostname || metadata.name] }),
    ports: containers.flatMap(({ ports = [] }) => ports),
    proxyMetadata: metadataOf(annotations),
    ...environmentOf(containers),
    ...userOf(spec),
  };
}

function environmentOf(containers: readonly Container[]): Pick<Workload, "proxyEnvironment"> {
  const env = containers.find(({ name }) => name === proxyContainer)?.env;
  if (env === undefined) return {};
  return { proxyEnvironment: Object.fromEntries(env.map(({ name, value = "" }) => [name, value])) };
}

export function workloadOfController(
  cluster: string,
  controller: PodController,
  namespaces: ReadonlyMap<string, KubeObject>,
): Workload {
  const { template, replicas = 1 } = controller.spec;
  const { labels: own = {}, annotations = {} } = template.metadata ?? {};
  const namespace = controller.metadata.namespace ?? "default";
  const { containers = [], initContainers = [] } = template.spec;
  const written = proxyOf([...containers, ...initContainers], containers);
  const injected = isInjected(namespaces.get(namespace), { labels: own, annotations });
  const proxy = written === "none" && injected && template.spec.hostNetwork !== true ? "sidecar" : written;
  // What injection will add: istio-discovery/files/injection-template.yaml; gateway-injection-template.yaml has no such label.
  const labels: Readonly<Record<string, string>> = proxy === "sidecar" ? { [tlsModeLabel]: "istio", ...own } : own;
  return {
    cluster,
    namespace,
    name: controller.metadata.name,
    labels,
    annotations,
    serviceAccount: template.spec.serviceAccountName ?? "default",
    proxy,
    isMutualTls: labels[tlsModeLabel] === "istio",
    isReady: replicas > 0,
    isHostNetwork: template.spec.hostNetwork === true,
    address: undefined,
    node: undefined,
    ...podNames(controller),
    ports: [...containers, ...initContainers].flatMap(({ ports = [] }) => ports),
    proxyMetadata: metadataOf(annotations),
    controller: controller.kind,
    ...userOf(template.spec),
  };
}

function otherAddresses(status: Pod["status"]): Pick<Workload, "otherAddresses"> {
  const others = (status?.podIPs ?? []).flatMap(({ ip }) => (ip === undefined || ip === status?.podIP ? [] : [ip]));
  return others.length === 0 ? {} : { otherAddresses: others };
}

/** Names of pods are not listed without end: a manifest may ask for 2,000,000,000 of them. */
const mostNamedPods = 5_000;

/** What names the pods will have: a StatefulSet numbers them under its headless Service, others take what the template says. */
function podNames({ kind, metadata, spec }: PodController): Pick<Workload, "subdomain" | "hostnames"> {
  const { replicas = 1, serviceName = "", ordinals, template } = spec;
  if (kind === "StatefulSet") {
    const first = ordinals?.start ?? 0;
    const length = Math.min(replicas, mostNamedPods);
    const hostnames = Array.from({ length }, (_, index) => `${metadata.name}-${first + index}`);
    return serviceName === "" ? {} : { subdomain: serviceName, hostnames };
  }
  const { hostname = "", subdomain = "" } = template.spec;
  return hostname === "" || subdomain === "" ? {} : { subdomain, hostnames: [hostname] };
}

/** A ready gateway pod that no manifest shows. */
export function imaginedGateway(
  cluster: string,
  {
    namespace,
    name,
    labels,
  }: { readonly namespace: string; readonly name: string; readonly labels: Readonly<Record<string, string>> },
): Workload {
  return {
    cluster,
    namespace,
    name,
    labels,
    annotations: {},
    serviceAccount: name,
    proxy: "gateway",
    isMutualTls: false,
    isReady: true,
    isHostNetwork: false,
    address: undefined,
    node: undefined,
    ports: [],
    proxyMetadata: {},
    isImagined: true,
  };
}

/** Labels that differ between pods of one template. */
const ofOnePod =
  /^(pod-template-hash|controller-revision-hash|apps\.kubernetes\.io\/pod-index|statefulset\.kubernetes\.io\/pod-name)$/;

/** Equal for pods of one template, of which proxies and policies treat each alike. */
export function templateKey({ namespace, serviceAccount, proxy, labels, annotations }: Workload): string {
  const own = Object.entries(labels).filter(([key]) => !ofOnePod.test(key));
  return JSON.stringify([namespace, serviceAccount, proxy, own.sort(), Object.entries(annotations).sort()]);
}

/** Any workload that is yet to be made in a namespace, named `*`; undefined where there is no such namespace. */
export function comingWorkload(
  cluster: string,
  namespace: KubeObject | undefined,
  serviceAccount = "default",
): Workload | undefined {
  if (namespace === undefined) return undefined;
  const hasSidecar = isInjected(namespace);
  return {
    cluster,
    namespace: namespace.metadata.name,
    name: "*",
    labels: hasSidecar ? { [tlsModeLabel]: "istio" } : {},
    annotations: {},
    serviceAccount,
    proxy: hasSidecar ? "sidecar" : "none",
    isMutualTls: hasSidecar,
    isReady: true,
    isHostNetwork: false,
    address: undefined,
    node: undefined,
    ports: [],
    proxyMetadata: {},
  };
}

/** A gateway's pod holds nothing but the proxy: Istio's chart and its injection template `gateway`. */
function proxyOf(all: readonly Container[], main: readonly Container[]): Workload["proxy"] {
  if (!all.some(({ name }) => name === proxyContainer)) return "none";
  return main.length === 1 && main[0]?.name === proxyContainer ? "gateway" : "sidecar";
}

/** The proxy has a user of its own, whatever the Pod says. */
function userOf({ containers = [], securityContext }: PodSpec): Pick<Workload, "runsAsUser"> {
  const apps = containers.filter(({ name }) => name !== proxyContainer);
  const users = new Set(apps.map((each) => each.securityContext?.runAsUser ?? securityContext?.runAsUser));
  const [user] = users;
  return users.size !== 1 || user === undefined ? {} : { runsAsUser: user };
}

/** The Pod, or where there is none yet what makes it. */
export function workloadObject({ cluster, namespace, name, controller = "Pod" }: Workload): ClusterObject {
  return { cluster, kind: controller, namespace, name };
}

function metadataOf(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const config = annotations["proxy.istio.io/config"];
  return config === undefined ? {} : podProxyMetadata(config);
}
