import type { Payload, Transport, Workload } from "../istio/index.ts";
import type { RetryPolicy } from "../istio/upstream/index.ts";
import type { Service, ServicePort } from "../kinds/index.ts";
import type { TraceBranch, TraceHop } from "./traceResult.ts";

/** The client's half of a way: a connection that is about to be opened. The server half takes it from here. */
export interface Attempt {
  readonly kind: "attempt";
  readonly probability: number;
  /** Attempts of equal `pick` are endpoints of one upstream cluster: an HTTP proxy tries another where one fails. */
  readonly pick: string;
  /** How many endpoints alike it stands for. */
  readonly hosts: number;
  /** Undefined: the proxy does not try again, or there is none. */
  readonly retries: RetryPolicy | undefined;
  /** How the last proxy that handles the request treats it: a failed connection is a 503, a closed connection, or the client's own. */
  readonly proxied: "http" | "tcp" | "no";
  readonly caller: CallerFacts;
  readonly destination: Destination | PublicService;
  readonly transport: Transport;
  readonly payload: Payload;
  /** Of the client's half, all passed. */
  readonly hops: readonly TraceHop[];
}

/** What the server half may ask about the caller. */
export interface CallerFacts {
  /** Undefined: it is outside of all clusters. */
  readonly workload: Workload | undefined;
  /** SHA-256 fingerprints of the roots that the caller's proxy trusts; empty where unknown, or without a proxy. */
  readonly trustRoots: readonly string[];
}

/**
 * - `pod`: of the caller's own cluster, at the port that the connection is opened to (a pod of a directory has no address);
 * - `address`: any other address, also of a host name that only DNS can resolve (`isHostname`).
 */
export type Destination =
  | { readonly kind: "pod"; readonly workload: Workload; readonly port: number }
  | { readonly kind: "address"; readonly address: string; readonly port: number; readonly isHostname: boolean };

/** A Service as clients outside of the clusters come to it. */
export interface PublicService {
  readonly kind: "public service";
  readonly cluster: string;
  readonly service: Service;
  readonly port: ServicePort;
  /** `load balancer 192.0.2.9`, for people. */
  readonly how: string;
}

/** What the client's half comes out as: connections to follow, and ways that end before one. */
export type ClientStep = Attempt | ({ readonly kind: "ended" } & TraceBranch);
