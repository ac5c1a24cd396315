import type { Place } from "../../findings/index.ts";
import type { NamedHost } from "./namedHost.ts";
import type { Output } from "./output.ts";

/** What one declaration makes by itself, and what `link` has to hold against the others'. */
export interface Compilation extends Output {
  readonly hosts: readonly NamedHost[];
  readonly externalAccesses: readonly CompiledExternalAccess[];
}

/** An ExternalAccess in one cluster, with all that the cluster says about it: `link` tells whether it can be had. */
export interface CompiledExternalAccess {
  readonly owner: string;
  readonly cluster: string;
  readonly hosts: readonly ExternalAccessHost[];
  readonly credential: ExternalAccessCredential | undefined;
  readonly output: Output;
}

/** A host at a port of the ingress gateway. */
export interface ExternalAccessHost {
  readonly host: string;
  readonly port: number;
  readonly place: Place;
  /** What of the user's has it already, for people. */
  readonly taker: string | undefined;
}

export interface ExternalAccessCredential {
  /** `istio-system/shop-tls in cluster2` */
  readonly secret: string;
  readonly place: Place;
  /** The user's object that shows the same certificate, for people. */
  readonly taker: string | undefined;
}
