import { at } from "../../model/index.ts";
import { checkPath, type PathProxy } from "../declaration/checkPath.ts";
import type { Report } from "../declaration/report.ts";
import type { ResolvedService } from "./resolvedService.ts";

/** Warns of paths in access rules and routes that no request ever has by the time that proxies compare them. */
export function checkPaths({ intent, servers, consumers, namespace }: ResolvedService, report: Report): void {
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

const sidecar: PathProxy = { proxy: "sidecar", annotations: {} };
