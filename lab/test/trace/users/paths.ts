import type { Scenario } from "../scenario.ts";
import { httpbin, ingress, usersOf } from "./userRecipe.ts";

const policy = (spec: string, where = "$sv") => `${httpbin}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: paths, namespace: ${where}}
spec: {${spec}}
---`;
const from = (...paths: readonly string[]) => paths.map((path) => `cluster2 $sv/sleep http://httpbin:8000${path}`);
const outside = (...paths: readonly string[]) => paths.map((path) => `outside http://httpbin.$id.example.com${path}`);
const edge = ingress(
  "httpbin.$id.example.com",
  "[{match: [{uri: {exact: /env}}], route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]",
);
const denyEnv = "action: DENY, rules: [{to: [{operation: {paths: [/env]}}]}]";
const allowEnv = "rules: [{to: [{operation: {paths: [/env]}}]}]";
const written = ["/env", "/x/../env", "/%65nv", "//env", "/env/", "/./env", "/x%2f..%2fenv", "/anything/..%2fenv"];

/** Paths are put into their normal form before routes and policies look at them. */
export const paths: readonly Scenario[] = usersOf("the form of a path", [
  { name: "DENY of an exact path", cluster2: policy(denyEnv), calls: from(...written) },
  { name: "ALLOW of an exact path", cluster2: policy(allowEnv), calls: from(...written) },
  {
    name: "DENY by a prefix",
    cluster2: policy('action: DENY, rules: [{to: [{operation: {paths: ["/anything/admin*"]}}]}]'),
    calls: from("/anything/admin", "/anything//admin", "/anything/%61dmin", "/anything/x/../admin", "/anything/Admin"),
  },
  {
    name: "nothing is normalised",
    mesh: "pathNormalization: {normalization: NONE}",
    cluster2: policy(denyEnv),
    calls: from(...written),
  },
  {
    name: "slashes are merged",
    mesh: "pathNormalization: {normalization: MERGE_SLASHES}",
    cluster2: policy(denyEnv),
    calls: from(...written),
  },
  {
    name: "slashes are decoded and merged",
    mesh: "pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}",
    cluster2: policy(denyEnv),
    calls: from(...written),
  },
  { name: "a gateway's route of an exact path", cluster2: `${httpbin}${edge}`, calls: outside(...written) },
  {
    name: "a gateway's route, with slashes merged",
    mesh: "pathNormalization: {normalization: MERGE_SLASHES}",
    cluster2: `${httpbin}${edge}`,
    calls: outside("/env", "//env", "/x/../env"),
  },
  {
    name: "a sidecar's route by a prefix",
    cluster2: `${httpbin}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: httpbin}
spec:
  hosts: [httpbin]
  http:
  - match: [{uri: {prefix: /anything/private}}]
    directResponse: {status: 403}
  - route: [{destination: {host: httpbin}}]
`,
    calls: from("/anything/private", "/anything/public/../private", "/anything/%70rivate", "/anything//private"),
  },
  {
    name: "a gateway's DENY of an exact path",
    cluster2: `${httpbin}${ingress("httpbin.$id.example.com", "[{route: [{destination: {host: httpbin.$sv.svc.cluster.local, port: {number: 8000}}}]}]")}
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: paths, namespace: $gw}
spec: {${denyEnv}}
`,
    calls: outside("/env", "/x/../env", "/%65nv", "//env"),
  },
  {
    name: "a path with a query and a fragment of other letters",
    cluster2: policy('rules: [{to: [{operation: {paths: ["/get"], methods: [GET]}}]}]'),
    calls: from("/get?show=/env", "/GET", "/get;x=1"),
  },
]);
