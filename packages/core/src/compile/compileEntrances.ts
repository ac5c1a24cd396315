import { at } from "../model/intents.ts";
import type { CompileContext } from "./compileContext.ts";
import { entranceGateway, entranceVirtualService } from "./entrance.ts";
import { compileRoutes } from "./entranceRoutes.ts";
import { credentialTaker, entranceTaker } from "./entranceTaker.ts";
import { compileTokens } from "./entranceTokens.ts";
import type { Report } from "./report.ts";
import { type Entrance, type EntrancePort, entrancePorts } from "./resolveEntrances.ts";

/** What lets clients outside the mesh in: for each entrance a Gateway and a VirtualService, or Gateway API objects. */
export function compileEntrances(entrances: readonly Entrance[], context: CompileContext): void {
  const usable = withoutClashes(entrances, context);
  reportSharedCredentials(usable, context.report);
  for (const entrance of usable) {
    declareEntrance(entrance, context);
    if (context.mesh.spec.emit === "GatewayApi" && compileRoutes(entrance, context)) continue;
    const gateway = entranceGateway(entrance);
    context.emit(entrance.facts.name, gateway, entranceVirtualService(entrance, gateway, context.mesh));
    compileTokens(entrance, gateway, context);
  }
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

/** HTTP/2 clients use one connection for all hosts of a certificate; it leads to one server only, ours or the user's. istioctl's IST0138 */
function reportSharedCredentials(entrances: readonly Entrance[], report: Report): void {
  const users = new Map<string, Entrance[]>();
  for (const entrance of entrances) {
    const secret = entrance.intent.spec.tls.credential?.secret;
    if (secret === undefined) continue;
    const key = `${entrance.cluster.spec.ingressGateway.namespace}/${secret} in ${entrance.facts.name}`;
    users.set(key, [...(users.get(key) ?? []), entrance]);
  }
  for (const [credential, sharing] of users) {
    const owners = sharing.map(({ owner }) => owner).sort();
    const theirs = sharing.flatMap((entrance) => takerOf(entrance) ?? []).sort()[0];
    const all = [...owners, ...(theirs === undefined ? [] : [theirs])];
    if (all.length === 1) continue;
    for (const { intent, owner } of sharing) {
      report.add(
        owner,
        "CREDENTIAL_SHARED",
        at(intent, "spec", "tls", "credential", "secret"),
        `${all.join(" and ")} show the certificate of Secret ${credential}`,
        "give each its own certificate for its own hosts, or put the hosts into one ExternalAccess",
      );
    }
  }
}

function takerOf(entrance: Entrance): string | undefined {
  const { intent, cluster } = entrance;
  const secret = intent.spec.tls.credential?.secret;
  if (secret === undefined) return undefined;
  const ports = entrancePorts(intent, cluster).filter(({ use }) => use === "https");
  return ports.flatMap(({ port }) => credentialTaker(entrance, port, secret) ?? [])[0];
}

type Claims = ReadonlyMap<string, ReadonlySet<string>>;

/** istiod skips a whole server where one of its hosts is taken at the same port. istio/pilot/pkg/model/gateway.go, mergeGateways */
function withoutClashes(entrances: readonly Entrance[], context: CompileContext): readonly Entrance[] {
  const claims = claimedHosts(entrances);
  return entrances.filter((entrance) => {
    const clashes = entrancePorts(entrance.intent, entrance.cluster).flatMap((entry) =>
      // In one order always: of several problems the first is the reason why the owner is held.
      [...entrance.intent.spec.hosts.entries()]
        .sort(([, a], [, b]) => (a < b ? -1 : 1))
        .filter(([index, host]) => isTaken(entrance, { entry, host, index }, claims, context)),
    );
    return clashes.length === 0;
  });
}

function claimedHosts(entrances: readonly Entrance[]): Claims {
  const claims = new Map<string, Set<string>>();
  for (const { intent, owner, cluster } of entrances) {
    for (const { port } of entrancePorts(intent, cluster)) {
      for (const host of intent.spec.hosts) {
        const key = claimKey(cluster.metadata.name, port, host);
        claims.set(key, (claims.get(key) ?? new Set()).add(owner));
      }
    }
  }
  return claims;
}

function claimKey(cluster: string, port: number, host: string): string {
  return `${cluster} ${port} ${host}`;
}

function isTaken(
  entrance: Entrance,
  { entry, host, index }: { readonly entry: EntrancePort; readonly host: string; readonly index: number },
  claims: Claims,
  { report }: CompileContext,
): boolean {
  const { intent, owner, facts } = entrance;
  const place = at(intent, "spec", "hosts", index);
  const where = `port ${entry.port} of the ingress gateway in ${facts.name}`;
  const claim = [...(claims.get(claimKey(facts.name, entry.port, host)) ?? [])].sort();
  if (claim.length > 1) {
    const message = `${host} at ${where} is claimed by ${claim.join(" and ")}`;
    report.add(owner, "HOST_CONFLICT", place, message, "give each declaration hosts of its own");
    return true;
  }
  const other = entranceTaker(entrance, entry, host);
  if (other === undefined) return false;
  report.add(
    owner,
    "GATEWAY_HOST_CONFLICT",
    place,
    `${other} at ${where}, so ${host} cannot be let in there`,
    "change it, or name another gateway or port (MeshCluster spec.ingressGateway)",
  );
  return true;
}
