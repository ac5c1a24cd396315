import { serviceHost } from "../istio/hostNames.ts";
import { spiffeId } from "../istio/spiffeId.ts";
import type { KubeObject } from "../kinds/kubeObject.ts";
import type { DeclaredPath } from "../model/compiled.ts";
import type { Mesh } from "../model/mesh.ts";
import type { Report } from "./report.ts";
import type { Server, Share } from "./share.ts";
import { podsOf, type VersionLabels } from "./version.ts";

/** What the parts of compile write to and look up. */
export interface CompileContext {
  readonly mesh: Mesh;
  readonly report: Report;
  emit(cluster: string, ...objects: readonly KubeObject[]): void;
  declare(path: DeclaredPath): void;
}

/** The name of a shared service in its own cluster. */
export function localHost(share: Share, mesh: Mesh): string {
  return serviceHost(share.service, share.namespace, mesh.spec);
}

/** SPIFFE IDs that a server, or one version there, may show. https://istio.io/latest/docs/reference/config/security/#identity */
export function identities(share: Share, server: Server, version?: VersionLabels): readonly string[] {
  const accounts =
    version === undefined
      ? server.serviceAccounts
      : [...new Set(podsOf(server, version).map(({ serviceAccount }) => serviceAccount))]
          .filter((account) => account !== "")
          .sort();
  return accounts.map((account) => spiffeId(server.facts.meshConfig.trustDomain, share.namespace, account));
}
