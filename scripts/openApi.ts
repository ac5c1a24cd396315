import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readDocuments } from "../packages/core/src/index.ts";

/** A schema as CRDs and Kubernetes' swagger.json write it: the parts that shapes are made of. */
export interface OpenApi {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly additionalProperties?: OpenApi | boolean;
  readonly items?: OpenApi;
  readonly required?: readonly string[];
  readonly oneOf?: readonly OpenApi[];
  readonly anyOf?: readonly OpenApi[];
  readonly allOf?: readonly OpenApi[];
  readonly not?: OpenApi;
  readonly "x-kubernetes-int-or-string"?: boolean;
}

interface CustomResource {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: OpenApi } }[];
  };
}

export interface KindSchemas {
  /** Of CRDs, by `group/Kind`; of version v1 where there is one. */
  readonly custom: ReadonlyMap<string, OpenApi>;
  /** Kubernetes' own, by the name of their definition. */
  readonly builtIn: Readonly<Record<string, OpenApi>>;
}

/**
 * The schemas of the versions that the lab runs, from the cache of Go's modules that `lab/build.sh` fills. Undefined where
 * that is not on this machine: what was generated before then stays.
 */
export function readOpenApi(root: string): KindSchemas | undefined {
  const build = readFileSync(join(root, "lab/build.sh"), "utf8");
  const pinned = (name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(build)?.[1];
  const modules = process.env.GOMODCACHE ?? join(process.env.GOPATH ?? join(homedir(), "go"), "pkg/mod");
  const istio = join(modules, `istio.io/istio@${pinned("istio")}`, "manifests/charts/base/files/crd-all.gen.yaml");
  const gatewayApi = join(modules, `sigs.k8s.io/gateway-api@${pinned("gateway_api")}`, "config/crd/experimental");
  const mcs = join(modules, `sigs.k8s.io/mcs-api@${pinned("mcs_api")}`, "config/crd");
  const kubernetes = join(modules, `k8s.io/kubernetes@${pinned("kube")}`, "api/openapi-spec/swagger.json");
  if (![istio, gatewayApi, mcs, kubernetes].every(existsSync)) return undefined;
  const files = [istio, ...yamlFiles(gatewayApi), ...yamlFiles(mcs)];
  return {
    custom: new Map(files.flatMap((file) => customSchemas(readFileSync(file, "utf8")))),
    builtIn: JSON.parse(readFileSync(kubernetes, "utf8")).definitions,
  };
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => join(folder, name));
}

function customSchemas(text: string): readonly (readonly [string, OpenApi])[] {
  return readDocuments({ name: "crds", text }).documents.flatMap(({ value }) => {
    const { spec } = value as CustomResource;
    const versions = spec?.versions ?? [];
    const chosen = versions.find(({ name }) => name === "v1") ?? versions[0];
    if (chosen === undefined) return [];
    return [[`${spec.group}/${spec.names.kind}`, chosen.schema.openAPIV3Schema] as const];
  });
}
