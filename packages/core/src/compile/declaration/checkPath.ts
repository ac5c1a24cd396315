import { type Place, say } from "../../findings/index.ts";
import { type IstioCluster, normalizePath, pathNormalization, type Workload } from "../../istio/index.ts";
import { canMatchPath } from "../../istio/policy/index.ts";
import type { Report } from "./report.ts";

/** The proxy that compares paths, as far as it changes them. */
export type PathProxy = Pick<Workload, "proxy" | "annotations">;

/** Warns of a path that no request ever has by the time that a proxy compares it. */
export function checkPath(
  pattern: string,
  { facts, proxy, place }: { readonly facts: IstioCluster; readonly proxy: PathProxy; readonly place: Place },
  report: Report,
): void {
  const how = pathNormalization(facts, proxy);
  if (canMatchPath(pattern, how)) return;
  const found = normalizePath(pattern.replace(/\?.*$/s, ""), how);
  const isPlain = !/[*{]/.test(pattern) && found.kind === "path";
  report.add(
    undefined,
    "PATH_NEVER_MATCHES",
    place,
    say`no request has path ${{ pattern }} in ${{ cluster: facts.name }}: proxies there normalise paths, and leave out the query, before they compare them`,
    isPlain
      ? say`write ${{ path: found.path }}`
      : "write it without escapes of plain characters, `..`, `\\`, spaces and query",
  );
}
