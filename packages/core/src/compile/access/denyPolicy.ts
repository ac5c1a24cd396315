import { type AuthorizationPolicy, dnsLabel, ownershipLabels, securityApiVersion } from "../../kinds/index.ts";
import type { ResolvedService, Server } from "../sharedService/resolvedService.ts";
import type { Rule } from "./accessRules.ts";

/** A policy on the pods behind a shared service that denies what its rules match, or only reports it. */
export function denyPolicy(
  shared: ResolvedService,
  server: Server,
  {
    name,
    rules,
    isDryRun,
  }: {
    /** What tells the service's policies apart. */
    readonly name: readonly string[];
    readonly rules: readonly Rule[];
    readonly isDryRun: boolean;
  },
): AuthorizationPolicy {
  return {
    apiVersion: securityApiVersion,
    kind: "AuthorizationPolicy",
    metadata: {
      name: dnsLabel([shared.service, ...name], [shared.namespace]),
      namespace: shared.namespace,
      labels: ownershipLabels(shared.owner, "server"),
      ...(isDryRun ? { annotations: { "istio.io/dry-run": "true" } } : {}),
    },
    spec: { action: "DENY", selector: { matchLabels: { ...server.service.spec.selector } }, rules: [...rules] },
  };
}
