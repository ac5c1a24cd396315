import { type GatewayAddress, type IstioCluster, serviceHost } from "../../istio/index.ts";
import type { DeclaredProtocol } from "../../istio/registry/index.ts";
import type { Service } from "../../kinds/index.ts";
import type { Mesh, MeshCluster, SharedService } from "../../model/index.ts";
import type { Consumer } from "../declaration/resolveConsumers.ts";

/** A port of a Service that is shared. */
export interface SharedPort {
  /** The Service's own name for it; `port-8000` where it has none. */
  readonly name: string;
  readonly number: number;
  /** As Istio takes it; undefined where it sniffs. */
  readonly protocol: DeclaredProtocol | undefined;
  readonly appProtocol: string | undefined;
}

/** One cluster that serves a shared service, with all that its consumers need to know. */
export interface Server {
  readonly cluster: MeshCluster;
  readonly facts: IstioCluster;
  readonly service: Service;
  readonly ports: readonly SharedPort[];
  readonly serviceAccounts: readonly string[];
  readonly gateways: readonly GatewayAddress[];
}

/** A SharedService with what was observed about it: ready to be written down as objects. */
export interface ResolvedService {
  readonly intent: SharedService;
  readonly owner: string;
  readonly namespace: string;
  readonly service: string;
  /** Sorted by cluster name. */
  readonly servers: readonly Server[];
  /** Sorted by cluster name. */
  readonly consumers: readonly Consumer[];
}

/** The name of a shared service in its own cluster. */
export function localHost(shared: ResolvedService, mesh: Mesh): string {
  return serviceHost(shared.service, shared.namespace, mesh.spec);
}
