import type { Down, ProxyState, Rejection, Unseen, Upstream } from "@isthmus/core/doctor";
import { askPod, type PodQuestion } from "../istiod/askPod.ts";

const adminPort = 15000;

/** What an Envoy tells on its admin interface; `failures` are all since it started. https://www.envoyproxy.io/docs/envoy/latest/operations/admin */
export async function readProxy(pod: Omit<PodQuestion, "port" | "path">): Promise<ProxyState | Down | Unseen> {
  const ask = (path: string) => askPod({ ...pod, port: adminPort, path });
  const [certificates, clusters, listeners, activeClusters] = await Promise.all([
    ask("/certs"),
    ask("/clusters?format=json"),
    ask("/config_dump?resource=dynamic_listeners&mask=name,error_state"),
    ask("/config_dump?resource=dynamic_warming_clusters&mask=cluster,error_state"),
  ]);
  if (!("body" in certificates)) return certificates;
  if (!("body" in clusters)) return clusters;
  return {
    certificates: certificatesOf(certificates.body),
    upstreams: upstreamsOf(clusters.body),
    rejections: [
      ...("body" in listeners ? rejectionsOf("listener", listeners.body) : []),
      ...("body" in activeClusters ? rejectionsOf("cluster", activeClusters.body) : []),
    ],
  };
}

interface CertificatesDump {
  readonly certificates?: readonly {
    readonly cert_chain?: readonly {
      readonly subject_alt_names?: readonly { readonly uri?: string; readonly dns?: string }[];
      readonly valid_from: string;
      readonly expiration_time: string;
    }[];
  }[];
}

/** Each certificate that the proxy shows, once; without its issuers. */
function certificatesOf(body: string): ProxyState["certificates"] {
  const { certificates = [] }: CertificatesDump = JSON.parse(body);
  const shown = certificates.flatMap(({ cert_chain: [leaf] = [] }) => {
    if (leaf === undefined) return [];
    const [name] = leaf.subject_alt_names ?? [];
    const identity = name?.uri ?? name?.dns ?? "";
    return [{ identity, notBefore: leaf.valid_from, notAfter: leaf.expiration_time }];
  });
  return [...new Map(shown.map((each) => [JSON.stringify(each), each])).values()];
}

interface ClustersDump {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address?: { readonly socket_address?: { readonly address: string; readonly port_value: number } };
      readonly stats?: readonly { readonly name: string; readonly value?: string }[];
      readonly health_status?: Readonly<Record<string, unknown>> & { readonly eds_health_status?: string };
    }[];
  }[];
}

function upstreamsOf(body: string): readonly Upstream[] {
  const { cluster_statuses: clusters = [] }: ClustersDump = JSON.parse(body);
  return clusters.flatMap(({ name, host_statuses: hosts = [] }) =>
    hosts.flatMap(({ address, stats = [], health_status: health = {} }) => {
      const socket = address?.socket_address;
      if (socket === undefined) return [];
      const failures = Number(stats.find((stat) => stat.name === "cx_connect_fail")?.value ?? 0);
      const { eds_health_status: eds = "HEALTHY", ...failed } = health;
      const isHealthy = eds === "HEALTHY" && !Object.values(failed).includes(true);
      return [{ cluster: name, address: socket.address, port: socket.port_value, isHealthy, failures }];
    }),
  );
}

interface ConfigDump {
  readonly configs?: readonly {
    readonly name?: string;
    readonly cluster?: { readonly name?: string };
    readonly error_state?: { readonly details?: string };
  }[];
}

function rejectionsOf(type: string, body: string): readonly Rejection[] {
  const { configs = [] }: ConfigDump = JSON.parse(body);
  return configs.flatMap(({ name, cluster, error_state: error }) =>
    error === undefined
      ? []
      : [{ type, name: name ?? cluster?.name ?? "", reason: error.details ?? "no reason given" }],
  );
}
