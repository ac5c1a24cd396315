import type { Place } from "../findings/place.ts";
import { say } from "../findings/say.ts";
import type { IstioCluster } from "../istio/istioCluster.ts";
import { normalizePath } from "../istio/normalizePath.ts";
import { pathNormalization } from "../istio/pathNormalization.ts";
import { canMatchPath } from "../istio/policy/canMatchPath.ts";
import type { Workload } from "../istio/workload.ts";
import { at } from "../model/intents.ts";
import type { Report } from "./report.ts";
import type { Entrance } from "./resolveEntrances.ts";
import type { Share } from "./share.ts";

type Proxy = Pick<Workload, "proxy" | "annotations">;

/** Warns of paths in access rules and routes that no request ever has by the time that proxies compare them. */
export function checkPaths({ intent, servers, consumers, namespace }: Share, report: Report): void {
  const { access = [], traffic } = intent.spec;
  for (const { facts, service } of servers) {
    const [pod = sidecar] = facts.select(namespace, service.spec.selector ?? {});
    access.forEach(({ paths = [] }, rule) => {
      paths.forEach((path, index) => {
        checkPath(path, { facts, proxy: pod, place: at(intent, "spec", "access", rule, "paths", index) }, report);
      });
    });
  }
  for (const { facts } of consumers) {
    (traffic?.match ?? []).forEach(({ path }, rule) => {
      const pattern = path?.exact ?? (path?.prefix === undefined ? undefined : `${path.prefix}*`);
      const field = path?.exact === undefined ? "prefix" : "exact";
      const place = at(intent, "spec", "traffic", "match", rule, "path", field);
      if (pattern !== undefined) checkPath(pattern, { facts, proxy: sidecar, place }, report);
    });
  }
}

/** The same of paths that need no token. */
export function checkPublicPaths({ intent, cluster, facts }: Entrance, report: Report): void {
  const { namespace, selector } = cluster.spec.ingressGateway;
  const [pod = { proxy: "gateway", annotations: {} } as const] = facts.select(namespace, selector);
  (intent.spec.jwt?.publicPaths ?? []).forEach((path, index) => {
    checkPath(path, { facts, proxy: pod, place: at(intent, "spec", "jwt", "publicPaths", index) }, report);
  });
}

const sidecar: Proxy = { proxy: "sidecar", annotations: {} };

function checkPath(
  pattern: string,
  { facts, proxy, place }: { readonly facts: IstioCluster; readonly proxy: Proxy; readonly place: Place },
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
