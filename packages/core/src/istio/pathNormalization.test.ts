import { expect, test } from "vitest";
import { parseMeshConfig } from "../model/index.ts";
import { istioCluster } from "./istioClusters.ts";
import { pathNormalization } from "./pathNormalization.ts";

function of(config: string, annotation?: string, proxy: "sidecar" | "gateway" = "sidecar") {
  const meshConfig = parseMeshConfig(config);
  const cluster = istioCluster({
    name: "c",
    source: "live",
    objects: [],
    istiodVersions: [],
    trustRoots: [],
    ...(meshConfig === undefined ? {} : { meshConfig }),
  });
  const annotations = annotation === undefined ? {} : { "proxy.istio.io/config": annotation };
  const { isCanonical, mergesSlashes, escapedSlashes } = pathNormalization(cluster, { proxy, annotations });
  return [isCanonical, mergesSlashes, escapedSlashes];
}

test.each([
  ["", [true, false, "keep"]],
  ["NONE", [false, false, "keep"]],
  ["DEFAULT", [true, false, "keep"]],
  ["BASE", [true, false, "keep"]],
  ["MERGE_SLASHES", [true, true, "keep"]],
  ["DECODE_AND_MERGE_SLASHES", [true, true, "unescape"]],
])("normalization %s of the mesh is %j at its proxies", (level, expected) => {
  expect(of(`pathNormalization: {normalization: ${level}}`)).toEqual(expected);
});

test("profile EDGE is for gateways, and explicit settings win over it", () => {
  const edge = "defaultConfig: {connectionSettings: {profile: EDGE}}";

  expect(of(edge, undefined, "gateway")).toEqual([true, true, "redirect"]);
  expect(of(edge)).toEqual([true, false, "keep"]);
  expect(of(edge, "connectionSettings: {httpMergeSlashes: false}", "gateway")).toEqual([true, false, "keep"]);
});

test("a pod's own settings win over the mesh's", () => {
  const mesh = "pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}";
  const pod = "connectionSettings: {httpPathWithEscapedSlashesAction: REJECT_REQUEST}";

  expect(of(mesh, pod)).toEqual([true, true, "reject"]);
});
