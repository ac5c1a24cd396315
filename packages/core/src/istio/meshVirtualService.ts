import type { HttpRoute, L4Route, Placed } from "./httpRoute.ts";

/** A VirtualService as istiod hands it to proxies: short names resolved, delegates merged in. */
export interface MeshVirtualService {
  readonly namespace: string;
  readonly name: string;
  /** As in creationTimestamp. */
  readonly created: string;
  readonly hosts: readonly string[];
  /** `mesh`, or `namespace/name`. */
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  readonly http: readonly Placed<HttpRoute>[];
  /** Routes that are dropped, since their delegate is not there or not exported to the root. */
  readonly dropped?: readonly Placed<HttpRoute>[];
  readonly tls: readonly Placed<L4Route>[];
  readonly tcp: readonly Placed<L4Route>[];
}

/** What VirtualServices of sidecars are bound to. */
export const meshGateway = "mesh";
