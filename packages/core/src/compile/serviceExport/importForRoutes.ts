import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import {
  type ApiRoute,
  type BackendRef,
  clusterObject,
  clusterSetDomain,
  isNamedAsOurs,
  mcsGroup,
} from "../../kinds/index.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";
import { compileSameName } from "../sharedService/compileSameName.ts";
import type { Server } from "../sharedService/resolvedService.ts";
import type { ExportedService } from "./resolveExports.ts";

/**
 * What a route with a ServiceImport as its backend needs. istiod takes such a backend for the *Service* of that name and
 * refuses it where there is none, so a cluster that lacks the Service gets it as an import under its own name.
 * istio/pilot/pkg/config/kube/gateway/conversion.go, buildDestination
 */
export function importForRoutes(
  shared: ExportedService,
  trusted: (consumer: Consumer, server: Server, shared: ExportedService) => boolean,
  context: CompileContext,
): void {
  const consumers = shared.consumers.filter((consumer) => needsImport(shared, consumer.facts, context));
  const servers = withCommonPorts(shared.servers);
  if (consumers.length === 0 || servers.every(({ ports }) => ports.length === 0)) return;
  compileSameName({ ...shared, consumers, servers }, (consumer, server) => trusted(consumer, server, shared), {
    ...context,
    report: shared.report,
  });
}

function needsImport(shared: ExportedService, facts: IstioCluster, { report }: CompileContext): boolean {
  const routes = facts.apiRoutes.filter((route) => leadsTo(route, shared));
  if (routes.length === 0) return false;
  const { namespace, service } = shared;
  const local = facts.service(namespace, service);
  if (local === undefined || isNamedAsOurs(local)) return true;
  // With ENABLE_MCS_HOST istiod takes the backend for our name under clusterset.local.
  if (facts.readsServiceImports || !shared.servers.some((server) => server.facts.name !== facts.name)) return false;
  for (const route of routes) {
    report.add(
      undefined,
      "ROUTE_LOCAL_ONLY",
      clusterObject(facts.name, route),
      say`istiod of ${{ cluster: facts.name }} takes ServiceImport ${{ namespace }}/${{ service }} for the Service of that name there, so the route reaches no other cluster`,
      say`name the backend {group: networking.istio.io, kind: Hostname, name: ${{ service }}.${{ namespace }}.svc.${{ clusterSetDomain }}}, or run istiod with ENABLE_MCS_SERVICE_DISCOVERY=true and ENABLE_MCS_HOST=true`,
    );
  }
  return false;
}

function leadsTo({ metadata, spec }: ApiRoute, { namespace, service }: ExportedService): boolean {
  const rules: readonly { readonly backendRefs?: readonly BackendRef[] }[] = spec?.rules ?? [];
  return rules.some(({ backendRefs = [] }) =>
    backendRefs.some(
      (backend) =>
        backend.group === mcsGroup &&
        backend.kind === "ServiceImport" &&
        backend.name === service &&
        (backend.namespace ?? metadata.namespace) === namespace,
    ),
  );
}

/** The endpoints of a Service have all of its ports. */
function withCommonPorts(servers: readonly Server[]): readonly Server[] {
  return servers.map((server) => ({
    ...server,
    ports: server.ports.filter(({ number }) =>
      servers.every(({ ports }) => ports.some((port) => port.number === number)),
    ),
  }));
}
