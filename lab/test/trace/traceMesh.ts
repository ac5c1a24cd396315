import { issueCertificate } from "../../src/certificates.ts";
import type { Lab } from "../../src/index.ts";
import type { Outside } from "./outside.ts";
import type { ClusterName, Place } from "./scenario.ts";

/** Slot 0 is shared by scenarios that only use names of their own. */
export function placeOf(
  lab: Lab,
  outside: Outside,
  { id, slot }: { readonly id: string; readonly slot: number },
): Place {
  const node = lab.cluster("cluster2").nodes[0];
  return {
    id,
    slot,
    client: `cl${slot}`,
    server: `sv${slot}`,
    gateway: `gw${slot}`,
    gatewayAddress: node?.address ?? "",
    outside: outside.address,
    keySet: outside.keySet,
    authorityFile: outside.authorityFile,
    ports: { tls: 32010 + slot, http: 31010 + slot, https: 31110 + slot },
  };
}

/** The pods of all slots, started at once. */
export async function createSlots(lab: Lab, outside: Outside, slots: number): Promise<void> {
  const { authority } = outside;
  const { certificate, key } = await issueCertificate(authority, { subject: "CN=server", names: ["*.acme.test"] });
  const credential = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "credential" },
    stringData: { "tls.crt": certificate, "tls.key": key, "ca.crt": authority.certificate },
  };
  const indices = Array.from({ length: slots }, (_, index) => index);
  await Promise.all(
    indices.flatMap((slot) => [
      lab.apply("cluster1", clientSide(`cl${slot}`)),
      // Where a service has its own name in cluster1 as well.
      lab.apply("cluster1", namespace(`sv${slot}`)),
      lab.apply("cluster2", serverSide(`sv${slot}`)),
      lab
        .apply("cluster2", gateway(placeOf(lab, outside, { id: "", slot })))
        .then(() => lab.apply("cluster2", [credential], `gw${slot}`)),
    ]),
  );
}

function namespace(name: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: ${name}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sleep, namespace: ${name}}
`;
}

function clientSide(name: string): string {
  return `${namespace(name)}---${idle(name, "sleep", "true")}---${idle(name, "plain", "false")}---${web(name, { cluster: "cluster1", pod: "web", version: "v1", inject: "true" })}`;
}

function serverSide(name: string): string {
  const cluster = "cluster2";
  const webs = [
    web(name, { cluster, pod: "web-v1", version: "v1", inject: "true" }),
    web(name, { cluster, pod: "web-v2", version: "v2", inject: "true" }),
    web(name, { cluster, pod: "plainweb", version: "v1", inject: "false" }),
  ];
  return `${namespace(name)}---${webs.join("---")}---${idle(name, "sleep", "true")}---${idle(name, "plain", "false")}`;
}

function idle(namespace: string, name: string, inject: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}, sidecar.istio.io/inject: "${inject}"}}
    spec:
      serviceAccountName: sleep
      containers: [{name: sleep, image: curlimages/curl}]
`;
}

/** HTTP on 8080, a line-wise TCP echo on 9000 and 9001, gRPC on 7070. */
function web(
  namespace: string,
  {
    cluster,
    pod: name,
    version,
    inject,
  }: { readonly cluster: ClusterName; readonly pod: string; readonly version: string; readonly inject: string },
): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name === "plainweb" ? name : "web"}, version: ${version}}}
  template:
    metadata: {labels: {app: ${name === "plainweb" ? name : "web"}, version: ${version}, sidecar.istio.io/inject: "${inject}"}}
    spec:
      serviceAccountName: web
      containers:
      - {name: httpbin, image: go-httpbin, ports: [{containerPort: 8080, name: http-web}]}
      - {name: echo, image: tcp-echo, args: ["9000,9001", "echo-${cluster}/${name}-1"], ports: [{containerPort: 9000}, {containerPort: 9001}]}
`;
}

function gateway({ gateway, ports }: Place): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${gateway}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: gateway, namespace: ${gateway}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: secrets, namespace: ${gateway}}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, watch, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: secrets, namespace: ${gateway}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secrets}
subjects: [{kind: ServiceAccount, name: gateway, namespace: ${gateway}}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ${gateway}}
spec:
  type: NodePort
  selector: {gateway: ${gateway}}
  ports:
  - {name: http2, port: 80, targetPort: 8080, nodePort: ${ports.http}}
  - {name: https, port: 443, targetPort: 8443, nodePort: ${ports.https}}
  - {name: tls, port: 15443, targetPort: 15443, nodePort: ${ports.tls}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ${gateway}}
spec:
  selector: {matchLabels: {gateway: ${gateway}}}
  template:
    metadata: {labels: {gateway: ${gateway}, sidecar.istio.io/inject: "true"}}
    spec:
      serviceAccountName: gateway
      containers: [{name: istio-proxy, image: auto}]
`;
}
