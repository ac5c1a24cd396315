import {
  type HttpPayload,
  type IstioCluster,
  normalizePath,
  pathNormalization,
  type Workload,
} from "../istio/index.ts";

export const pathSource = "pilot/pkg/networking/core/listener_builder.go";

/** What a proxy makes of a request's path before it looks at anything else. */
export type PathTaken =
  /** `detail` where the path has changed. */
  | { readonly kind: "goes on"; readonly http: HttpPayload; readonly detail?: string }
  | { readonly kind: "redirected"; readonly status: 307; readonly detail: string }
  | { readonly kind: "refused"; readonly status: 400; readonly detail: string; readonly fix: string };

export function takePath(cluster: IstioCluster, workload: Workload, http: HttpPayload): PathTaken {
  const found = normalizePath(http.path, pathNormalization(cluster, workload));
  const where = `${workload.proxy === "gateway" ? "gateway" : "the sidecar of"} ${workload.namespace}/${workload.name}`;
  const isGrpc = http.headers["content-type"]?.startsWith("application/grpc") === true;
  if (found.kind === "rejected" || (found.kind === "redirected" && isGrpc)) {
    const detail = `${where} takes no path ${showPath(http.path)}`;
    const fix = "Call a path without NUL (%00), and without escaped slashes (%2F, %5C) where the mesh refuses them.";
    return { kind: "refused", status: 400, detail, fix };
  }
  const detail = `${where} takes path ${showPath(http.path)} as ${found.path}`;
  if (found.kind === "redirected")
    return { kind: "redirected", status: 307, detail: `${detail}, and sends the client there` };
  if (found.path === http.path) return { kind: "goes on", http };
  return { kind: "goes on", http: { ...http, path: found.path }, detail };
}

function showPath(path: string): string {
  return path.replaceAll("\0", "\\0");
}
