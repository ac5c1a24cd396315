import { passthroughSni } from "../../istio/index.ts";
import type { AcrossPath, Mesh } from "../../model/index.ts";
import { passthroughHost } from "./serverSide.ts";
import type { Server, Share, SharedPort } from "./share.ts";
import type { VersionLabels } from "./version.ts";
import { identities } from "./version.ts";

/** A call that a consumer may make, as `verify` and `probe` take it. */
export function declaredPath(
  share: Share,
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
    owner: share.owner,
    host,
    port: port.number,
    portName: port.name,
    ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
    consumer: { cluster, namespace },
    server: {
      cluster: server.facts.name,
      namespace: share.namespace,
      service: share.service,
      ...(version === undefined ? {} : { labels: version }),
    },
    sni: passthroughSni(passthroughHost(share, mesh, version), port.number),
    identities: identities(share, server, version),
  };
}
