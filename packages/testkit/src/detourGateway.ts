/**
 * Manifests of a gateway of the user's own at node port 32002 that passes namespace bar through, while no pod of the declared
 * gateway runs: a path that was led there by hand works, and breaks once it is led back.
 */
export const detourGateway = `
apiVersion: v1
kind: Service
metadata: {name: other, namespace: istio-system}
spec: {type: NodePort, selector: {istio: other}, ports: [{name: tls, port: 15443, targetPort: 15443, nodePort: 32002}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: istio-system}
spec: {template: {metadata: {labels: {istio: other}}, spec: {containers: [{name: istio-proxy}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {replicas: 0, template: {metadata: {labels: {app: istio-ingressgateway, istio: ingressgateway}}, spec: {containers: [{name: istio-proxy}]}}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other, namespace: istio-system}
spec: {selector: {istio: other}, servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["bar/*.local"]}]}
`;
