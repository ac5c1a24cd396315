import { passthroughSni } from "../../istio/index.ts";
import type { AcrossPath, Mesh } from "../../model/index.ts";
import type { ResolvedService, Server, SharedPort } from "./resolvedService.ts";
import { passthroughHost } from "./serverSide.ts";
import type { VersionLabels } from "./version.ts";
import { identities } from "./version.ts";

/** A call that a consumer may make, as `verify` and `probe` take it. */
export function declaredPath(
  shared: ResolvedService,
  server: Server,
  mesh: Mesh,
  call: {
    readonly host: string;
    readonly port: SharedPort;
    readonly cluster: string;
    readonly namespace: string;
    readonly version?: VersionLabels | undefined;
  },
): AcrossPath {
  const { host, port, cluster, namespace, version } = call;
  return {
    direction: "across",
    owner: shared.owner,
    host,
    port: port.number,
    portName: port.name,
    ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
    consumer: { cluster, namespace },
    server: {
      cluster: server.facts.name,
      namespace: shared.namespace,
      service: shared.service,
      ...(version === undefined ? {} : { labels: version }),
    },
    sni: passthroughSni(passthroughHost(shared, mesh, version), port.number),
    identities: identities(shared, server, version),
  };
}
