import { execa } from "execa";
import { type KubeObject, type Lab, toolPath, waitFor } from "../src/index.ts";

const kinds = [
  "/api/v1/namespaces",
  "/api/v1/services",
  "/api/v1/configmaps",
  "/api/v1/serviceaccounts",
  "/api/v1/pods",
  "/apis/networking.istio.io/v1/gateways",
  "/apis/networking.istio.io/v1/serviceentries",
  "/apis/networking.istio.io/v1/destinationrules",
  "/apis/networking.istio.io/v1/workloadentries",
  "/apis/networking.istio.io/v1/virtualservices",
  "/apis/networking.istio.io/v1alpha3/envoyfilters",
  "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
  "/apis/gateway.networking.k8s.io/v1/gateways",
  "/apis/gateway.networking.k8s.io/v1/httproutes",
  "/apis/gateway.networking.k8s.io/v1/tlsroutes",
  "/apis/security.istio.io/v1/authorizationpolicies",
  "/apis/security.istio.io/v1/requestauthentications",
  "/apis/security.istio.io/v1/peerauthentications",
];

async function list(lab: Lab, cluster: string): Promise<readonly KubeObject[]> {
  // An API server that has just started answers 429 for a while for kinds that come from CRDs.
  return waitFor(`the objects of ${cluster}`, async () => {
    const lists = await Promise.all(kinds.map((path) => lab.cluster(cluster).api.list(path)));
    return lists.flat();
  });
}

function isOurs({ metadata }: KubeObject): boolean {
  return metadata.labels?.["app.kubernetes.io/managed-by"] === "isthmus";
}

/** `Gateway istio-system/bar-httpbin-…` for everything with our label. */
export async function ourObjects(lab: Lab, cluster: string): Promise<readonly string[]> {
  const objects = await list(lab, cluster);
  return objects.filter(isOurs).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
}

/** Renewed by istiod every few seconds. */
function isLeaderRecord({ metadata }: KubeObject): boolean {
  return metadata.annotations?.["control-plane.alpha.kubernetes.io/leader"] !== undefined;
}

/** The root certificate and the revocation list that istiod puts into every namespace, some seconds after the namespace came. */
function isIstiodsCopy({ metadata }: KubeObject): boolean {
  return metadata.labels?.["istio.io/config"] === "true";
}

/**
 * Everything without our label to the last byte, resourceVersion included, but what istiod writes when it comes to it. Of
 * Gateway API objects without their status: istiod writes it anew whenever what they lead to comes and goes.
 */
export async function foreignObjects(lab: Lab, cluster: string): Promise<string> {
  const objects = await list(lab, cluster);
  return objects
    .filter((object) => !isOurs(object) && !isLeaderRecord(object) && !isIstiodsCopy(object))
    .map((object) => JSON.stringify(withoutIstiodsStatus(object)))
    .sort()
    .join("\n");
}

function withoutIstiodsStatus(object: KubeObject): unknown {
  if (!object.apiVersion?.startsWith("gateway.networking.k8s.io/")) return object;
  const { metadata, spec } = object as KubeObject & { readonly spec?: unknown };
  const { name, namespace, uid, generation, labels, annotations } = metadata;
  return { metadata: { name, namespace, uid, generation, labels, annotations }, spec };
}

/** What `istioctl analyze` says about a cluster, a line a message. */
export async function analyze(lab: Lab, cluster: string): Promise<readonly string[]> {
  const { stdout } = await execa(
    toolPath("istioctl"),
    ["analyze", "-A", "-o", "json", "--kubeconfig", lab.kubeconfig, "--context", cluster],
    { reject: false },
  );
  const messages: { code: string; level: string; origin: string; message: string }[] = JSON.parse(stdout || "[]");
  return messages.map(({ code, level, origin, message }) => `${level} ${code} ${origin}: ${message}`);
}
