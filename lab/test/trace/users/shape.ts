import type { Scenario } from "../scenario.ts";
import { httpbin, mysql, usersOf } from "./userRecipe.ts";

const bare = (apiVersion: string, kind: string, spec = "") => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: default}
${spec}
---`;
const local = ["cluster2 $sv/sleep http://httpbin:8000/env", "cluster2 $sv/plain http://httpbin:8000/env"];
const security = "security.istio.io/v1";

/** Forms that API servers take and users write. */
export const shape: readonly Scenario[] = usersOf("unusual forms", [
  {
    name: "a PeerAuthentication without spec",
    cluster2: `${httpbin}${bare(security, "PeerAuthentication")}`,
    calls: local,
  },
  {
    name: "an AuthorizationPolicy without spec allows nothing",
    cluster2: `${httpbin}${bare(security, "AuthorizationPolicy")}`,
    calls: local,
  },
  {
    name: "a RequestAuthentication without spec",
    cluster2: `${httpbin}${bare(security, "RequestAuthentication")}`,
    calls: local,
  },
  {
    name: "an EnvoyFilter with an empty spec",
    cluster2: `${httpbin}${bare("networking.istio.io/v1alpha3", "EnvoyFilter", "spec: {}")}`,
    calls: local,
  },
  {
    name: "ports as integer keys",
    cluster2: `${httpbin}${mysql}${bare(security, "PeerAuthentication", "spec: {selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}, 9000: {mode: STRICT}}}")}`,
    calls: [...local, "cluster2 $sv/plain tcp://mysql:3306"],
  },
  {
    name: "an AuthorizationPolicy whose rules are an empty list",
    cluster2: `${httpbin}${bare(security, "AuthorizationPolicy", "spec: {action: ALLOW, rules: []}")}`,
    calls: local,
  },
]);
