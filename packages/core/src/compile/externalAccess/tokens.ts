import { say } from "../../findings/index.ts";
import { gatewayTargetPorts } from "../../istio/index.ts";
import {
  type AuthorizationPolicy,
  type EnvoyFilter,
  envoyFilterApiVersion,
  type Gateway,
  hash53,
  type RequestAuthentication,
  securityApiVersion,
} from "../../kinds/index.ts";
import { at } from "../../model/index.ts";
import { checkPath } from "../declaration/checkPath.ts";
import type { CompileContext } from "../declaration/compileContext.ts";
import type { Report } from "../declaration/report.ts";
import { ingressPorts, type ResolvedExternalAccess } from "./resolveExternalAccess.ts";

type Jwt = NonNullable<ResolvedExternalAccess["intent"]["spec"]["jwt"]>;
type Rule = NonNullable<AuthorizationPolicy["spec"]["rules"]>[number];

const bearer = [{ name: "authorization", prefix: "Bearer " }];

/**
 * Asks for a token at the gateway, for the hosts of one ExternalAccess alone. A RequestAuthentication holds for every host of a
 * gateway, and refuses tokens that it does not know: those of other hosts [lab: 401]. So ours looks for tokens in a header of
 * its own, into which the gateway copies the real one for our hosts. Without the copy a token is never found, and nobody
 * comes in: the AuthorizationPolicy denies calls to our hosts that have none.
 */
export function compileTokens(
  access: ResolvedExternalAccess,
  gateway: Gateway,
  { emit, report }: CompileContext,
): void {
  const { intent, cluster, facts } = access;
  const { jwt, tls } = intent.spec;
  const [entry] = ingressPorts(intent, cluster);
  if (jwt === undefined || entry === undefined) return;
  checkPublicPaths(access, report);
  const targets = gatewayTargetPorts(facts, { ...cluster.spec.ingressGateway, port: entry.port });
  const ports = targets.filter((target) => typeof target === "number").map(String);
  if (tls.mode === "None" && ports.length < Math.max(1, targets.length)) {
    report.add(
      access.owner,
      "PORT_NAMED",
      at(intent, "spec", "jwt"),
      say`the gateway's Service in ${{ cluster: facts.name }} names its pods' port for ${{ port: entry.port }}, so tokens cannot be asked for at that port alone`,
      "give targetPort as a number there, or use tls.mode Mutual or Simple",
    );
    return;
  }
  const written = { metadata: gateway.metadata, selector: { ...cluster.spec.ingressGateway.selector } };
  emit(
    facts.name,
    tokenCopies(access, jwt, entry.port, written),
    requestAuthentication(access, jwt, written),
    tokenPolicy(access, jwt, ports, written),
  );
}

interface Written {
  readonly metadata: Gateway["metadata"];
  readonly selector: Record<string, string>;
}

/** Clients gain nothing by setting it themselves: only a good token in it lets them in. */
function privateHeader({ owner }: ResolvedExternalAccess, header: string): string {
  return `x-isthmus-${header}-${hash53(owner).toString(36)}`;
}

/** Istio names a virtual host by host and port of the Gateway's server. istio/pilot/pkg/networking/core/gateway.go, DomainName */
function tokenCopies(
  access: ResolvedExternalAccess,
  jwt: Jwt,
  port: number,
  { metadata, selector }: Written,
): EnvoyFilter {
  const name = `isthmus.token.${metadata.name}`;
  const type = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
  const names = jwt.issuers.flatMap(({ fromHeaders = bearer }) => fromHeaders.map((each) => each.name.toLowerCase()));
  const headers = [...new Set(names)];
  const mutations = headers.sort().map((header) => ({
    append: {
      header: { key: privateHeader(access, header), value: `%REQ(${header})%` },
      append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
    },
  }));
  return {
    apiVersion: envoyFilterApiVersion,
    kind: "EnvoyFilter",
    // Any EnvoyFilter gets that remark: istio/pkg/config/validation/envoyfilter.
    metadata: { ...metadata, annotations: { "galley.istio.io/analyze-suppress": "IST0133" } },
    spec: {
      workloadSelector: { labels: selector },
      configPatches: [
        {
          applyTo: "HTTP_FILTER",
          match: {
            context: "GATEWAY",
            listener: { filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } } },
          },
          patch: { operation: "INSERT_FIRST", value: { name, typed_config: { "@type": type } } },
        },
        ...[...access.intent.spec.hosts].sort().map((host) => ({
          applyTo: "VIRTUAL_HOST" as const,
          match: {
            context: "GATEWAY" as const,
            routeConfiguration: { vhost: { name: `${host}:${port}` } },
          },
          patch: {
            operation: "MERGE" as const,
            value: {
              typed_per_filter_config: {
                [name]: { "@type": `${type}PerRoute`, mutations: { request_mutations: mutations } },
              },
            },
          },
        })),
      ],
    },
  };
}

function requestAuthentication(
  access: ResolvedExternalAccess,
  jwt: Jwt,
  { metadata, selector }: Written,
): RequestAuthentication {
  return {
    apiVersion: securityApiVersion,
    kind: "RequestAuthentication",
    metadata,
    spec: {
      selector: { matchLabels: selector },
      jwtRules: jwt.issuers.map(({ issuer, jwks, jwksUri, audiences, fromHeaders = bearer }) => ({
        issuer,
        ...(jwks === undefined ? {} : { jwks }),
        ...(jwksUri === undefined ? {} : { jwksUri }),
        ...(audiences === undefined ? {} : { audiences: [...audiences].sort() }),
        fromHeaders: fromHeaders.map(({ name, prefix }) => ({
          name: privateHeader(access, name.toLowerCase()),
          ...(prefix === undefined ? {} : { prefix }),
        })),
      })),
    },
  };
}

/**
 * Bound to our hosts by SNI where the gateway ends TLS, since each server has its own there, and by port and Host header
 * where it does not. All else than the paths is a condition (`when`): in `from` and `to`, HTTP attributes without a port would
 * deny all of the gateway's TCP. istio/pkg/config/validation/validation.go, ValidateAuthorizationPolicy
 */
function tokenPolicy(
  { intent }: ResolvedExternalAccess,
  jwt: Jwt,
  ports: readonly string[],
  { metadata, selector }: Written,
): AuthorizationPolicy {
  const hosts = [...intent.spec.hosts].sort();
  const isPlain = intent.spec.tls.mode === "None";
  const operation = {
    ...(isPlain ? { hosts: hosts.flatMap((host) => [host, `${host}:*`]) } : {}),
    ...(jwt.publicPaths === undefined ? {} : { notPaths: [...jwt.publicPaths].sort() }),
  };
  const isNarrowed = Object.keys(operation).length > 0;
  const where: Rule = isNarrowed
    ? { to: [{ operation: { ...operation, ...(ports.length > 0 ? { ports: [...ports] } : {}) } }] }
    : {};
  const sni = isPlain ? [] : [{ key: "connection.sni", values: hosts }];
  const conditions = [
    { key: "request.auth.principal", notValues: jwt.issuers.map(({ issuer }) => `${issuer}/*`).sort() },
    ...(jwt.claims ?? []).map(({ name, values }) => ({
      key: `request.auth.claims[${name}]`,
      notValues: [...values].sort(),
    })),
  ];
  return {
    apiVersion: securityApiVersion,
    kind: "AuthorizationPolicy",
    metadata,
    spec: {
      action: "DENY",
      selector: { matchLabels: selector },
      rules: conditions.map((condition) => ({ ...where, when: [condition, ...sni] })),
    },
  };
}

/** Paths that need no token, which the gateway compares. */
function checkPublicPaths({ intent, cluster, facts }: ResolvedExternalAccess, report: Report): void {
  const { namespace, selector } = cluster.spec.ingressGateway;
  const [pod = { proxy: "gateway", annotations: {} } as const] = facts.select(namespace, selector);
  (intent.spec.jwt?.publicPaths ?? []).forEach((path, index) => {
    checkPath(path, { facts, proxy: pod, place: at(intent, "spec", "jwt", "publicPaths", index) }, report);
  });
}
