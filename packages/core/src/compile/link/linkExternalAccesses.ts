import { joinNames, say } from "../../findings/index.ts";
import type {
  CompiledExternalAccess,
  ExternalAccessCredential,
  ExternalAccessHost,
} from "../declaration/compilation.ts";
import type { Output } from "../declaration/output.ts";
import type { Report } from "../declaration/report.ts";

/** What is written for the ExternalAccesses that nobody else has a claim to. */
export function linkExternalAccesses(
  externalAccesses: readonly CompiledExternalAccess[],
  report: Report,
): readonly Output[] {
  const usable = withoutClashes(externalAccesses, report);
  reportSharedCredentials(usable, report);
  return usable.map(({ output }) => {
    report.take(output);
    return output;
  });
}

/** HTTP/2 clients use one connection for all hosts of a certificate; it leads to one server only, ours or the user's. istioctl's IST0138 */
function reportSharedCredentials(externalAccesses: readonly CompiledExternalAccess[], report: Report): void {
  const users = new Map<string, (ExternalAccessCredential & { readonly owner: string })[]>();
  for (const { owner, credential } of externalAccesses) {
    if (credential === undefined) continue;
    const sharing = users.get(credential.secret);
    if (sharing === undefined) users.set(credential.secret, [{ ...credential, owner }]);
    else sharing.push({ ...credential, owner });
  }
  for (const [secret, sharing] of users) {
    const owners = sharing.map(({ owner }) => owner).sort();
    const theirs = sharing.flatMap(({ taker }) => taker ?? []).sort()[0];
    const all = [...owners, ...(theirs === undefined ? [] : [theirs])];
    if (all.length === 1) continue;
    const names = joinNames(all);
    for (const { owner, place } of sharing) {
      report.add(
        owner,
        "CREDENTIAL_SHARED",
        place,
        say`${names} show the certificate of Secret ${{ secret }}`,
        "give each its own certificate for its own hosts, or put the hosts into one ExternalAccess",
      );
    }
  }
}

/** Who asks for a host, in order. */
type Claims = ReadonlyMap<string, readonly string[]>;

/** istiod skips a whole server where one of its hosts is taken at the same port. istio/pilot/pkg/model/gateway.go, mergeGateways */
function withoutClashes(
  externalAccesses: readonly CompiledExternalAccess[],
  report: Report,
): readonly CompiledExternalAccess[] {
  const claims = claimedHosts(externalAccesses);
  return externalAccesses.filter(
    (access) => access.hosts.filter((each) => isTaken(access, each, claims, report)).length === 0,
  );
}

function claimedHosts(externalAccesses: readonly CompiledExternalAccess[]): Claims {
  const claims = new Map<string, Set<string>>();
  for (const { owner, cluster, hosts } of externalAccesses) {
    for (const each of hosts) {
      const key = claimKey(cluster, each);
      claims.set(key, (claims.get(key) ?? new Set()).add(owner));
    }
  }
  return new Map([...claims].map(([key, owners]) => [key, [...owners].sort()]));
}

function claimKey(cluster: string, { port, host }: ExternalAccessHost): string {
  return `${cluster} ${port} ${host}`;
}

function isTaken(
  { owner, cluster }: CompiledExternalAccess,
  entry: ExternalAccessHost,
  claims: Claims,
  report: Report,
): boolean {
  const { host, port, place, taker } = entry;
  const where = `port ${port} of the ingress gateway in ${cluster}`;
  const claim = claims.get(claimKey(cluster, entry)) ?? [];
  if (claim.length > 1) {
    const message = say`${{ host }} at ${where} is claimed by ${{ claim: joinNames(claim) }}`;
    report.add(owner, "HOST_CONFLICT", place, message, "give each declaration hosts of its own");
    return true;
  }
  if (taker === undefined) return false;
  report.add(
    owner,
    "GATEWAY_HOST_CONFLICT",
    place,
    say`${{ taker }} at ${where}, so ${{ host }} cannot be let in there`,
    "change it, or name another gateway or port (MeshCluster spec.ingressGateway)",
  );
  return true;
}
