import { say } from "../../findings/index.ts";
import { apiVersion, type WrittenIntent } from "../../model/index.ts";
import type { Problem } from "../../problem.ts";
import type { EmcoPlacement } from "./emcoPlacement.ts";
import { type EmcoResource, leftOut, readFields, unknownFields } from "./emcoResource.ts";
import { outboundSchema, outboundServerSchema } from "./emcoSchemas.ts";

/** A client with the servers outside the mesh that it calls. */
export interface OutboundTree {
  readonly client: EmcoResource;
  readonly servers: readonly EmcoResource[];
}

const resolutions = { STATIC: "Static", DNS: "Dns", NONE: "None" } as const;
const protocols = ["HTTP", "HTTP2", "GRPC", "HTTPS", "TLS", "TCP"] as const;

export function importOutbound(
  { client, servers }: OutboundTree,
  placement: EmcoPlacement,
  clusterName: (cluster: string) => string,
): { readonly intents: readonly WrittenIntent[]; readonly problems: readonly Problem[] } {
  const { value: spec, problems: mistakes } = readFields(client, ["spec"], outboundSchema);
  const problems: Problem[] = [...mistakes, ...unknownFields(client, ["spec"], Object.keys(outboundSchema.shape))];
  if (spec === undefined) return { intents: [], problems };
  const namespace = placement.namespaceOf(client);
  const clusters = placement.clustersOf(spec.app ?? spec.serviceName ?? client.name, client).map(clusterName);
  const intents = servers.flatMap((server): readonly WrittenIntent[] => {
    const read = readFields(server, ["spec"], outboundServerSchema);
    problems.push(...read.problems, ...unknownFields(server, ["spec"], Object.keys(outboundServerSchema.shape)));
    if (read.value === undefined || namespace === undefined || clusters.length === 0) return [];
    const { externalServiceName, port, protocol: asked = "TCP", dnsResolution, endPointAddress, external } = read.value;
    const protocol = protocols.find((name) => name === asked.toUpperCase());
    if (protocol === undefined) {
      problems.push(
        leftOut(server, ["spec", "protocol"], say`protocol ${{ asked }} has no counterpart`, "TCP carries it"),
      );
      return [];
    }
    if (external !== undefined) {
      problems.push(
        leftOut(
          server,
          ["spec", "external"],
          say`a client certificate that the sidecar shows outside the mesh has no counterpart`,
          "let the workload speak TLS itself, or set spec.tls of the ExternalService for TLS without one",
        ),
      );
    }
    return [
      {
        apiVersion,
        kind: "ExternalService",
        metadata: { name: server.name, namespace },
        spec: {
          hosts: [externalServiceName],
          ports: [{ number: port, protocol }],
          resolution: resolutions[dnsResolution ?? (endPointAddress === undefined ? "DNS" : "STATIC")],
          ...(endPointAddress === undefined || dnsResolution === "NONE" ? {} : { endpoints: [endPointAddress] }),
          consumers: [{ clusters: [...clusters], namespaces: [namespace] }],
        },
      },
    ];
  });
  if (servers.length === 0) {
    problems.push(
      leftOut(
        client,
        ["metadata", "name"],
        say`outbound intent ${{ name: client.name }} names no server outside the mesh`,
        "",
      ),
    );
  }
  return { intents, problems };
}
