import { at, type Mesh } from "../../model/index.ts";
import type {
  CompiledExternalAccess,
  ExternalAccessCredential,
  ExternalAccessHost,
} from "../declaration/compilation.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { collect } from "../declaration/output.ts";
import { externalAccessGateway, externalAccessVirtualService } from "./gatewayAndRoute.ts";
import { compileRoutes } from "./gatewayApi.ts";
import { credentialTaker, hostTaker } from "./hostTaker.ts";
import { ingressPorts, type ResolvedExternalAccess } from "./resolveExternalAccess.ts";
import { compileTokens } from "./tokens.ts";

/** What lets clients outside the mesh in: a Gateway and a VirtualService, or Gateway API objects. */
export function compileInCluster(access: ResolvedExternalAccess, mesh: Mesh): CompiledExternalAccess {
  const [, output] = collect(mesh, (context) => {
    declarePaths(access, context);
    if (mesh.spec.emit === "GatewayApi" && compileRoutes(access, context)) return;
    const gateway = externalAccessGateway(access);
    context.emit(access.facts.name, gateway, externalAccessVirtualService(access, gateway, mesh));
    compileTokens(access, gateway, context);
  });
  const { owner, facts } = access;
  return { owner, cluster: facts.name, hosts: hostsOf(access), credential: credentialOf(access), output };
}

function declarePaths(
  { intent, owner, facts, cluster, service }: ResolvedExternalAccess,
  { declare }: CompileContext,
): void {
  for (const { port, use } of ingressPorts(intent, cluster)) {
    for (const host of intent.spec.hosts) {
      declare({
        ...{ direction: "in", owner, host, port, portName: use, protocol: protocols[use] },
        server: { cluster: facts.name, namespace: intent.metadata.namespace, service },
        isRedirect: use === "redirect",
      });
    }
  }
}

const protocols = { https: "HTTPS", passthrough: "TLS", http: "HTTP", redirect: "HTTP" } as const;

/** In one order always: of several problems the first is the reason why the owner is held. */
function hostsOf(access: ResolvedExternalAccess): readonly ExternalAccessHost[] {
  const { intent, cluster } = access;
  const hosts = [...intent.spec.hosts.entries()].sort(([, a], [, b]) => (a < b ? -1 : 1));
  return ingressPorts(intent, cluster).flatMap((entry) =>
    hosts.map(([index, host]) => ({
      host,
      port: entry.port,
      place: at(intent, "spec", "hosts", index),
      taker: hostTaker(access, entry, host),
    })),
  );
}

function credentialOf(access: ResolvedExternalAccess): ExternalAccessCredential | undefined {
  const { intent, cluster, facts } = access;
  const name = intent.spec.tls.credential?.secret;
  if (name === undefined) return undefined;
  const ports = ingressPorts(intent, cluster).filter(({ use }) => use === "https");
  return {
    secret: `${cluster.spec.ingressGateway.namespace}/${name} in ${facts.name}`,
    place: at(intent, "spec", "tls", "credential", "secret"),
    taker: ports.flatMap(({ port }) => credentialTaker(access, port, name) ?? [])[0],
  };
}
