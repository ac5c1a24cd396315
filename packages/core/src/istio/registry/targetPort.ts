import type { Service, ServicePort } from "../../kinds/index.ts";
import type { Workload } from "../workload.ts";

interface LeadingPort {
  readonly port: number;
  /** TCP unless told. */
  readonly protocol?: string;
  /** A name stands for a container's port; `0`, an empty one, and none for the port itself. */
  readonly targetPort?: number | string | undefined;
}

/** The TCP port of a Service at a number, at which UDP may have another (HTTP/3 at 443). */
export function tcpPortOf({ spec }: Service, number: number): ServicePort | undefined {
  return spec.ports?.find(({ port, protocol = "TCP" }) => port === number && protocol === "TCP");
}

/** Where a Service's port leads in all of its pods; a string is a name that each of them resolves by itself. */
export function namedTargetPort({ port, targetPort }: LeadingPort): number | string {
  if (targetPort === undefined || targetPort === 0 || targetPort === "") return port;
  return typeof targetPort === "string" && /^\d+$/.test(targetPort) ? Number(targetPort) : targetPort;
}

/** Where it leads in one pod; undefined where the pod has no port of that name. pilot/pkg/serviceregistry/kube/controller/util.go, FindPort */
export function targetPortOf(port: LeadingPort, { ports }: Workload): number | undefined {
  const target = namedTargetPort(port);
  if (typeof target === "number") return target;
  return ports.find(({ name, protocol = "TCP" }) => name === target && protocol === (port.protocol ?? "TCP"))
    ?.containerPort;
}
