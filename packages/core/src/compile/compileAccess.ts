import { isHttp } from "../facts/portProtocol.ts";
import type { AuthorizationPolicy } from "../kinds/istio.ts";
import { securityApiVersion } from "../kinds/istio.ts";
import { dnsLabel } from "../kinds/names.ts";
import { isOurs, ownershipLabels } from "../kinds/ownership.ts";
import { allowedPrincipals, restrictsCallers } from "../model/access.ts";
import { at } from "../model/intents.ts";
import { type CompileContext, localHost } from "./compileContext.ts";
import { type AllowedCalls, type Denial, denials } from "./denials.ts";
import { passthroughSni } from "./passthroughPolicy.ts";
import type { Report } from "./report.ts";
import { passthroughHosts } from "./serverSide.ts";
import type { Server, Share, SharedPort } from "./share.ts";
import { covers } from "./visibility.ts";

type Rule = NonNullable<AuthorizationPolicy["spec"]["rules"]>[number];

/** Envoy walks the rules one by one for every call. */
const ruleLimit = 256;

/**
 * Holds callers from other clusters to `spec.access` and to the consumers' service accounts, with one DENY policy at each
 * server for what is not allowed. A DENY policy leaves the user's own policies their meaning, and its condition on the SNI
 * of the entry Services leaves out whoever calls the Service under its own name.
 */
export function compileAccess(share: Share, context: CompileContext): void {
  if (!restrictsCallers(share.intent.spec)) return;
  warnOfMergedCallers(share, context.report);
  for (const server of share.servers) {
    if (!areRulesForHttp(share, server, context.report) || isBypassed(share, server, context)) continue;
    const rules = server.ports.map((port) => rulesOfPort(share, server, port, context));
    if (rules.includes(undefined)) continue;
    context.emit(
      server.facts.name,
      policy(
        share,
        server,
        rules.flatMap((list) => list ?? []),
      ),
    );
  }
}

function policy(share: Share, server: Server, rules: Rule[]): AuthorizationPolicy {
  return {
    apiVersion: securityApiVersion,
    kind: "AuthorizationPolicy",
    metadata: {
      name: dnsLabel([share.service, "access"], [share.namespace]),
      namespace: share.namespace,
      labels: ownershipLabels(share.owner, "server"),
      ...(share.intent.spec.accessDryRun === true ? { annotations: { "istio.io/dry-run": "true" } } : {}),
    },
    spec: { action: "DENY", selector: { matchLabels: { ...server.service.spec.selector } }, rules },
  };
}

function rulesOfPort(
  share: Share,
  server: Server,
  port: SharedPort,
  { mesh, report }: CompileContext,
): readonly Rule[] | undefined {
  const { spec } = share.intent;
  const principals = allowedPrincipals(spec.consumers, mesh.spec.trustDomain);
  const allowed = (spec.access ?? [{}])
    .filter(({ ports }) => ports === undefined || ports.includes(port.number))
    .map(({ from, methods, paths }): AllowedCalls => {
      const named = from?.map((identity) => {
        const [account, namespace] = identity.split(".");
        return `${mesh.spec.trustDomain}/ns/${namespace}/sa/${account}`;
      });
      return {
        principals: named ?? principals,
        ...(methods === undefined ? {} : { methods }),
        ...(paths === undefined ? {} : { paths }),
      };
    });
  const found = denials(allowed, ruleLimit);
  if (found === undefined) {
    report.add(
      share.owner,
      "ACCESS_TOO_COMPLEX",
      at(share.intent, "spec", "access"),
      `spec.access needs more than ${ruleLimit} rules of an AuthorizationPolicy for port ${port.number}`,
      "put the methods and paths of the same callers into one entry",
    );
    return undefined;
  }
  const snis = passthroughHosts(share, server, mesh).map((host) => passthroughSni(host, port.number));
  const target = server.service.spec.ports?.find((candidate) => candidate.port === port.number)?.targetPort;
  return found.map((denial) => rule(denial, snis, typeof target === "string" ? undefined : (target ?? port.number)));
}

/**
 * The SNI names the Service's port; the pods' port is only added where it is a number, since Istio warns of DENY rules
 * with HTTP attributes alone. pkg/config/validation/validation.go, validateAuthorizationPolicy
 */
function rule({ principals, methods, paths }: Denial, snis: readonly string[], target: number | undefined): Rule {
  const operation = {
    ...(methods.length === 0 ? {} : { notMethods: [...methods] }),
    ...(paths.length === 0 ? {} : { notPaths: [...paths] }),
    ...(target === undefined ? {} : { ports: [String(target)] }),
  };
  return {
    ...(principals.length === 0 ? {} : { from: [{ source: { notPrincipals: [...principals] } }] }),
    ...(methods.length + paths.length === 0 ? {} : { to: [{ operation }] }),
    when: [{ key: "connection.sni", values: [...snis] }],
  };
}

/** On other ports Istio ignores methods and paths, and a DENY rule would deny all. pilot/pkg/security/authz/model/model.go, checkError */
function areRulesForHttp(share: Share, server: Server, report: Report): boolean {
  let fine = true;
  for (const [index, { methods, paths, ports }] of (share.intent.spec.access ?? []).entries()) {
    if (methods === undefined && paths === undefined) continue;
    for (const { number, protocol } of server.ports) {
      if (ports !== undefined && !ports.includes(number)) continue;
      if (isHttp(protocol)) continue;
      fine = false;
      report.add(
        share.owner,
        "ACCESS_NOT_HTTP",
        at(share.intent, "spec", "access", index, methods === undefined ? "paths" : "methods"),
        `port ${number} of Service ${share.namespace}/${share.service} in ${server.facts.name} is ${protocol === undefined ? "not declared as HTTP" : protocol}, and only HTTP has methods and paths`,
        "list the HTTP ports in `ports` of this rule, or name the Service's port http-…",
      );
    }
  }
  return fine;
}

/** A gateway of the user that passes the Service's own name through lets callers in with another SNI. */
function isBypassed(share: Share, server: Server, { mesh, report }: CompileContext): boolean {
  const host = localHost(share, mesh);
  const open = server.facts.gateways.find(
    (gateway) =>
      !isOurs(gateway) &&
      (gateway.spec.servers ?? []).some(
        ({ tls, hosts }) =>
          tls?.mode === "AUTO_PASSTHROUGH" &&
          (hosts ?? []).some((pattern) => covers(pattern.slice(pattern.indexOf("/") + 1), host)),
      ),
  );
  if (open === undefined) return false;
  report.add(
    share.owner,
    "ACCESS_BYPASSED",
    at(share.intent, "spec", share.intent.spec.access === undefined ? "consumers" : "access"),
    `Gateway ${open.metadata.namespace}/${open.metadata.name} in ${server.facts.name} passes ${host} through to every caller, past the access rules`,
    "narrow its hosts so that they leave this Service out",
  );
  return true;
}

/** Where the Service's own name reaches both clusters, calls to local pods carry the same SNI. */
function warnOfMergedCallers(share: Share, report: Report): void {
  if (!share.intent.spec.as.includes("SameName")) return;
  const serving = new Set(share.servers.map(({ facts }) => facts.name));
  for (const { facts } of share.consumers) {
    if (!serving.has(facts.name)) continue;
    report.add(
      undefined,
      "ACCESS_LOCAL_CALLERS",
      at(share.intent, "spec", "as"),
      `${facts.name} serves ${share.namespace}/${share.service} and consumes it by the same name, so the access rules hold for its local callers too`,
      "list local callers among the consumers, or use the name form PerCluster",
    );
  }
}
