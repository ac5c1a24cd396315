import { say } from "../../findings/index.ts";
import { at } from "../../model/index.ts";
import type { Report } from "../declaration/report.ts";
import type { ResolvedService, Server, SharedPort } from "./resolvedService.ts";

/** The ports of a name that stands for all of these servers; undefined, and reported, where they differ. */
export function commonPorts(
  shared: ResolvedService,
  servers: readonly Server[],
  report: Report,
): readonly SharedPort[] | undefined {
  const [first, ...others] = servers;
  for (const server of others) {
    const differing = (first?.ports ?? []).filter(
      ({ number, protocol }) => !server.ports.some((port) => port.number === number && port.protocol === protocol),
    );
    for (const { number } of differing) {
      report.add(
        shared.owner,
        "PORT_MISMATCH",
        at(shared.intent, "spec", "servedBy"),
        say`port ${{ number }} of ${{ namespace: shared.namespace }}/${{ service: shared.service }} in ${{ cluster: first?.facts.name }} is missing or of another protocol in ${{ cluster2: server.facts.name }}`,
        "one name needs the same ports everywhere: align the Services or list the common ports in spec.ports",
      );
    }
    if (differing.length > 0) return undefined;
    for (const { number } of server.ports.filter((port) => first?.ports.every((each) => each.number !== port.number))) {
      report.add(
        shared.owner,
        "PORT_LEFT_OUT",
        at(shared.intent, "spec", "servedBy"),
        say`port ${{ number }} of ${{ namespace: shared.namespace }}/${{ service: shared.service }} in ${{ cluster: server.facts.name }} is missing in ${{ cluster2: first?.facts.name }}, so a name for both does not have it`,
        "align the Services, list the common ports in spec.ports, or use the name form PerCluster for it",
      );
    }
  }
  return first?.ports;
}
