import type { Place } from "../../findings/place.ts";
import { say } from "../../findings/say.ts";
import type { IstioCluster } from "../../istio/istioCluster.ts";
import { normalizePath } from "../../istio/normalizePath.ts";
import { pathNormalization } from "../../istio/pathNormalization.ts";
import { canMatchPath } from "../../istio/policy/canMatchPath.ts";
import type { Workload } from "../../istio/workload.ts";
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
