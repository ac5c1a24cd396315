import type { Scenario } from "../scenario.ts";
import { type UserRecipe, usersOf } from "../users/userRecipe.ts";

/** A task of istio.io/latest/docs/tasks, with its names; images are the lab's. */
export function task(title: string, recipes: readonly UserRecipe[]): readonly Scenario[] {
  return usersOf(`docs, ${title}`, recipes);
}

/** A Service of Bookinfo. */
export const bookinfo = (name: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, labels: {app: ${name}, service: ${name}}}
spec: {selector: {app: web}, ports: [{name: http, port: 9080, targetPort: 8080}]}
---`;

export const versions = (host: string, more = "") => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${host}}
spec:
  host: ${host}
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
  ${more}
---`;

export const virtualService = (host: string, http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host.split(".")[0]?.replace("*", "all")}}
spec:
  hosts: ["${host}"]
  http: ${http}
---`;

export const gateway = (name: string, server: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: ${name}}
spec:
  selector: {gateway: $gw}
  servers: [${server}]
---`;

/** A VirtualService of a gateway; `rest` is `http: […]`, `tls: […]` or `tcp: […]`. */
export const routesOf = (gateways: string, host: string, rest: string, name = "routes") => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}}
spec:
  hosts: ["${host}"]
  gateways: [${gateways}]
  ${rest}
---`;
