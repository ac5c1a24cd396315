import { type Place, say } from "../../findings/index.ts";
import type { Report } from "../declaration/report.ts";
import type { Server, SharedPort } from "../sharedService/resolvedService.ts";

/** A server and the export that makes it one: `cluster2: ServiceExport bar/httpbin`. */
export interface ExportingServer {
  readonly server: Server;
  readonly place: Place;
}

/**
 * The union of the exported ports, each served by the clusters that have it; `exports` come oldest first. Where two want
 * the same number or name for something else, the older one keeps it. KEP-1645, "Service Port" and "Conflict Resolution".
 */
export function mergePorts(exports: readonly ExportingServer[], report: Report): readonly Server[] {
  const accepted: { readonly port: SharedPort; readonly cluster: string }[] = [];
  return exports.flatMap(({ server, place }) => {
    const ports = server.ports.flatMap((port) => {
      const holder = accepted.find(({ port: other }) => other.number === port.number || other.name === port.name);
      if (holder === undefined) {
        accepted.push({ port, cluster: server.facts.name });
        return [port];
      }
      // Names of one port may differ; the protocol is what a client has to speak.
      if (holder.port.number === port.number && holder.port.protocol === port.protocol) return [holder.port];
      report.add(
        undefined,
        "EXPORT_CONFLICT",
        place,
        say`${{ port: show(port) }} of ${{ cluster: server.facts.name }} conflicts with ${{ port2: show(holder.port) }} of ${{ cluster2: holder.cluster }}, whose export is older, so calls to it do not go to ${{ cluster: server.facts.name }}`,
        "give the Services the same ports in all clusters",
      );
      return [];
    });
    return ports.length === 0 ? [] : [{ ...server, ports }];
  });
}

function show({ name, number, protocol }: SharedPort): string {
  return `port ${number} (${name}${protocol === undefined ? "" : `, ${protocol}`})`;
}
