import { type KubeObject, ownerName } from "../../kinds/index.ts";
import { at, type ExternalService } from "../../model/index.ts";
import { checkTrust } from "../declaration/checkTrust.ts";
import type { CompileContext, Surroundings } from "../declaration/compileContext.ts";
import { addressToCome, type NamedHost, namedHost } from "../declaration/namedHost.ts";
import { placements } from "../declaration/placement.ts";
import { resolveConsumers } from "../declaration/resolveConsumers.ts";
import { resolveVia, type Via } from "./resolveVia.ts";
import {
  externalDestinationRule,
  externalObjectName,
  externalServiceEntry,
  portName,
  portsOf,
  type Where,
} from "./serviceEntries.ts";
import { viaDestinationRule, viaServiceEntry } from "./viaConsumer.ts";
import { viaObjects } from "./viaServer.ts";

/**
 * The hosts of an ExternalService in each cluster that calls them. A TCP stream names no host, so one with a TCP port needs
 * an address of its own: without, its listener would take the port for every destination.
 */
export function externalServiceHosts(
  intent: ExternalService,
  surroundings: Surroundings,
  context: CompileContext,
): readonly NamedHost[] {
  const { hosts, ports, tls } = intent.spec;
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  const via = intent.spec.via === undefined ? undefined : resolveVia(intent, intent.spec.via, surroundings);
  if (intent.spec.via !== undefined && via === undefined) return [];
  const consumers = resolveConsumers(intent, surroundings);
  if (via !== undefined) {
    const callers = consumers.map(({ facts }) => facts);
    context.emit(via.facts.name, ...viaObjects(intent, via, callers));
  }
  return consumers
    .filter(({ facts }) => via === undefined || checkTrust(owner, facts, via.facts, context.report))
    .flatMap(({ facts, namespaces }) =>
      hosts.map((host, index) => {
        const isVirtual = ports.some(({ protocol }) => protocol === "TCP");
        const claim = {
          owner,
          facts,
          namespaces,
          host,
          ports: ports.map(({ number }) => number),
          meaning: owner,
          place: at(intent, "spec", "hosts", index),
          remedy: "declare the host once for a namespace",
          ...(tls === undefined && via === undefined ? {} : { ruleRemedy }),
          ...(isVirtual ? { entries: externalObjectName(intent, host) } : {}),
        };
        return namedHost(claim, context.mesh, ({ mesh, emit, declare }) => {
          for (const placement of placements(namespaces, mesh)) {
            const where = { owner, host, placement };
            emit(facts.name, ...objectsOf(intent, where, isVirtual ? addressToCome : undefined, via));
            const namespace = placement.exportTo === "*" ? "*" : placement.namespace;
            for (const port of portsOf(intent)) {
              declare({
                ...{
                  direction: "out",
                  owner,
                  host,
                  port: port.number,
                  portName: portName(port),
                  protocol: port.protocol,
                },
                consumer: { cluster: facts.name, namespace },
                ...(via === undefined ? {} : { via: via.facts.name }),
              });
            }
          }
        });
      }),
    );
}

const ruleRemedy = "what it sets for TLS belongs in spec.tls of the ExternalService";

function objectsOf(
  intent: ExternalService,
  where: Where,
  vip: string | undefined,
  via: Via | undefined,
): readonly KubeObject[] {
  if (via !== undefined)
    return [viaServiceEntry(intent, { ...where, vip }, via), viaDestinationRule(intent, where, via)];
  const entry = externalServiceEntry(intent, { ...where, vip });
  return intent.spec.tls === undefined ? [entry] : [entry, externalDestinationRule(intent, where)];
}
