import { at, type Mesh } from "../../model/index.ts";
import type { CompiledEntrance, EntranceCredential, EntranceHost } from "../declaration/compilation.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import { collect } from "../declaration/output.ts";
import { entranceGateway, entranceVirtualService } from "./gatewayAndRoute.ts";
import { compileRoutes } from "./gatewayApi.ts";
import { credentialTaker, entranceTaker } from "./hostTaker.ts";
import { type Entrance, entrancePorts } from "./resolveExternalAccess.ts";
import { compileTokens } from "./tokens.ts";

/** What lets clients outside the mesh in: a Gateway and a VirtualService, or Gateway API objects. */
export function compileEntrance(entrance: Entrance, mesh: Mesh): CompiledEntrance {
  const [, output] = collect(mesh, (context) => {
    declareEntrance(entrance, context);
    if (mesh.spec.emit === "GatewayApi" && compileRoutes(entrance, context)) return;
    const gateway = entranceGateway(entrance);
    context.emit(entrance.facts.name, gateway, entranceVirtualService(entrance, gateway, mesh));
    compileTokens(entrance, gateway, context);
  });
  const { owner, facts } = entrance;
  return { owner, cluster: facts.name, hosts: hostsOf(entrance), credential: credentialOf(entrance), output };
}

function declareEntrance({ intent, owner, facts, cluster, service }: Entrance, { declare }: CompileContext): void {
  for (const { port, use } of entrancePorts(intent, cluster)) {
    for (const host of intent.spec.hosts) {
      declare({
        ...{ direction: "in", owner, host, port, portName: use, protocol: entranceProtocols[use] },
        server: { cluster: facts.name, namespace: intent.metadata.namespace, service },
        isRedirect: use === "redirect",
      });
    }
  }
}

const entranceProtocols = { https: "HTTPS", passthrough: "TLS", http: "HTTP", redirect: "HTTP" } as const;

/** In one order always: of several problems the first is the reason why the owner is held. */
function hostsOf(entrance: Entrance): readonly EntranceHost[] {
  const { intent, cluster } = entrance;
  const hosts = [...intent.spec.hosts.entries()].sort(([, a], [, b]) => (a < b ? -1 : 1));
  return entrancePorts(intent, cluster).flatMap((entry) =>
    hosts.map(([index, host]) => ({
      host,
      port: entry.port,
      place: at(intent, "spec", "hosts", index),
      taker: entranceTaker(entrance, entry, host),
    })),
  );
}

function credentialOf(entrance: Entrance): EntranceCredential | undefined {
  const { intent, cluster, facts } = entrance;
  const name = intent.spec.tls.credential?.secret;
  if (name === undefined) return undefined;
  const ports = entrancePorts(intent, cluster).filter(({ use }) => use === "https");
  return {
    secret: `${cluster.spec.ingressGateway.namespace}/${name} in ${facts.name}`,
    place: at(intent, "spec", "tls", "credential", "secret"),
    taker: ports.flatMap(({ port }) => credentialTaker(entrance, port, name) ?? [])[0],
  };
}
