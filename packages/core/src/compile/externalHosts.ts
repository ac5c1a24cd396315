import { ownerName } from "../kinds/ownership.ts";
import type { ExternalService } from "../model/externalService.ts";
import { at } from "../model/intents.ts";
import type { CompileContext } from "./compileContext.ts";
import { externalDestinationRule, externalServiceEntry } from "./externalService.ts";
import type { NamedHost } from "./nameHosts.ts";
import { placements } from "./placement.ts";
import { resolveConsumers } from "./resolveConsumers.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The hosts of an ExternalService in each cluster that calls them. A TCP stream names no host, so one with a TCP port needs
 * an address of its own: without, its listener would take the port for every destination.
 */
export function externalHosts(
  intent: ExternalService,
  surroundings: Surroundings,
  context: CompileContext,
): readonly NamedHost[] {
  const { hosts, ports, tls } = intent.spec;
  const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
  return resolveConsumers(intent, surroundings).flatMap(({ facts, namespaces }) =>
    hosts.map((host, index): NamedHost => {
      const write = (vip?: string) => {
        for (const placement of placements(namespaces, context.mesh)) {
          context.emit(facts.name, externalServiceEntry(intent, { owner, host, placement, vip }));
          if (tls !== undefined) context.emit(facts.name, externalDestinationRule(intent, { owner, host, placement }));
        }
      };
      const claim = {
        owner,
        facts,
        namespaces,
        host,
        meaning: owner,
        place: at(intent, "spec", "hosts", index),
        remedy: "declare the host once for a namespace",
        ...(tls === undefined ? {} : { ruleRemedy: "what it sets for TLS belongs in spec.tls of the ExternalService" }),
      };
      return ports.some(({ protocol }) => protocol === "TCP")
        ? { ...claim, address: "virtual", write: (vip) => write(vip) }
        : { ...claim, address: "none", write: () => write() };
    }),
  );
}
