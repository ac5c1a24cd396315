import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import type { KubeObject, Service } from "./kubeObject.ts";
import { dnsAddress } from "./layout.ts";
import { runningPid, signalProcess, startProcess } from "./processes.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

/** Cluster DNS: dnsmasq on a node-local address, fed from the Services of this moment. It learns nothing by itself. */
export async function refreshDns(cluster: Cluster): Promise<void> {
  const services = await cluster.api.list<Service>("/api/v1/services");
  const slices = await cluster.api.list<EndpointSlice>("/apis/discovery.k8s.io/v1/endpointslices");
  const lines = services.flatMap((service) =>
    addressesOf(targetOf(service, services), slices).map((address) => `${address} ${namesOf(service).join(" ")}\n`),
  );
  await writeFileAtomically(hostsPath(cluster), lines.toSorted().join(""));
  const name = `${cluster.name}-dns`;
  if (await signalProcess(cluster.home, name, "SIGHUP")) return;
  await startDns(cluster, name);
}

async function startDns(cluster: Cluster, name: string): Promise<void> {
  if ((await runningPid(cluster.home, name)) !== undefined) return;
  await startProcess(cluster.home, {
    name,
    namespace: cluster.namespace,
    argv: [
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root"],
      `--addn-hosts=${hostsPath(cluster)}`,
      `--listen-address=${dnsAddress}`,
      "--bind-interfaces",
      "--local=/cluster.local/",
      "--pid-file",
    ],
  });
}

function namesOf(service: Service): string[] {
  const short = `${service.metadata.name}.${service.metadata.namespace}.svc`;
  return [`${short}.cluster.local`, short];
}

/** An ExternalName answers as the Service that it names; there are no names outside. */
function targetOf(service: Service, services: readonly Service[]): Service {
  const { type, externalName = "" } = service.spec;
  if (type !== "ExternalName") return service;
  return services.find((each) => namesOf(each).includes(externalName.replace(/\.$/, ""))) ?? service;
}

/** A headless Service answers with its pods. */
function addressesOf(service: Service, slices: readonly EndpointSlice[]): string[] {
  const { clusterIP } = service.spec;
  if (clusterIP !== undefined && clusterIP !== "None" && clusterIP !== "") return [clusterIP];
  return slices
    .filter((slice) => slice.metadata.namespace === service.metadata.namespace)
    .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses);
}

function hostsPath(cluster: Cluster): string {
  return join(cluster.directory, "dns-hosts");
}
