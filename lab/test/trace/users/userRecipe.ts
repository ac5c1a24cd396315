import { type Recipe, written } from "../recipe.ts";
import type { Scenario } from "../scenario.ts";

/** A slot of its own, unless it changes settings of the mesh: names are users', not made to be unique. */
export type UserRecipe = Omit<Recipe, "reach">;

export function usersOf(kind: string, recipes: readonly UserRecipe[]): readonly Scenario[] {
  return recipes.map((recipe) => written({ ...recipe, name: `${kind}: ${recipe.name}`, reach: "slot" }));
}

/** `httpbin` of whichever namespace, at port 8000. */
export const httpbin = `
apiVersion: v1
kind: Service
metadata: {name: httpbin}
spec: {selector: {app: web}, ports: [{name: http, port: 8000, targetPort: 8080}]}
---`;

/** `mysql`: the line-wise echo, at port 3306. */
export const mysql = `
apiVersion: v1
kind: Service
metadata: {name: mysql}
spec: {selector: {app: web}, ports: [{name: tcp-mysql, port: 3306, targetPort: 9000}]}
---`;

/** A gateway of the slot that takes HTTP for a host, and a route of it. */
export const ingress = (host: string, http: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["${host}"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec: {hosts: ["${host}"], gateways: [edge], http: ${http}}
---`;

/** A gateway of the slot on 15443 that passes a cluster's own names through. */
export const passthrough = (...hosts: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross-network, namespace: $gw}
spec:
  selector: {gateway: $gw}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ${JSON.stringify(hosts)}}]
---`;

/** A gateway of the slot that takes HTTPS for any host, and answers plain text by closing the connection. */
export const httpsGateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: secure, namespace: $gw}
spec: {selector: {gateway: $gw}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: credential}, hosts: ["*"]}]}
---`;

/** A pod of the client's namespace with annotations of its own. */
export const clientWith = (annotations: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: caller}
spec:
  selector: {matchLabels: {app: caller}}
  template:
    metadata: {labels: {app: caller, sidecar.istio.io/inject: "true"}, annotations: ${annotations}}
    spec: {serviceAccountName: sleep, containers: [{name: curl, image: curlimages/curl}]}
---`;
