import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../src/index.ts";
import { samplesFolder } from "./generatedIstio.ts";
import { namespace } from "./manifests.ts";

/** Istio's bookinfo in namespace books, with the policies of Istio's own task (authz-http) and clients with and without a sidecar. */
export async function startBookinfo(lab: Lab, cluster: string): Promise<void> {
  await lab.apply(cluster, [namespace("books", { "istio-injection": "enabled" }), namespace("legacy")]);
  const samples = await samplesFolder();
  const read = (file: string) => readFile(join(samples, file), "utf8");
  await lab.apply(cluster, await read("bookinfo/platform/kube/bookinfo.yaml"), "books");
  await lab.apply(cluster, await read("curl/curl.yaml"), "books");
  await lab.apply(cluster, await read("curl/curl.yaml"), "legacy");
  await lab.curlUntil(cluster, "books/curl", "http://productpage:9080/productpage", 200);
  await lab.apply(cluster, policies);
  await lab.curlUntil(cluster, "books/curl", "http://details:9080/details/0", 403);
}

/** What each of its services answers. */
export const bookinfoPaths = {
  productpage: "/productpage",
  details: "/details/0",
  reviews: "/reviews/0",
  ratings: "/ratings/0",
};

export type BookinfoService = keyof typeof bookinfoPaths;

const policies = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow-nothing, namespace: books}
spec: {}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: productpage-viewer, namespace: books}
spec:
  selector: {matchLabels: {app: productpage}}
  rules: [{to: [{operation: {methods: [GET]}}]}]
---
${viewer("details", "productpage")}---
${viewer("reviews", "productpage")}---
${viewer("ratings", "reviews")}`;

function viewer(app: string, caller: string): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${app}-viewer, namespace: books}
spec:
  selector: {matchLabels: {app: ${app}}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/books/sa/bookinfo-${caller}]}}]
    to: [{operation: {methods: [GET]}}]
`;
}
