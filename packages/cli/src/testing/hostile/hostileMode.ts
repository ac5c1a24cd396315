import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What the real answer to a request would be. */
export interface RealAnswer {
  readonly status: number;
  readonly body: string;
}

export type Answerer = (response: ServerResponse, request: IncomingMessage, count: number) => void;

/** A way in which one of three clusters misbehaves. */
export type HostileMode = { readonly name: string } & (
  | { readonly kind: "answers"; readonly answer: Answerer }
  /** Below HTTP; `https` where the client begins with TLS. */
  | { readonly kind: "connects"; readonly https?: true; readonly connect: (socket: Socket) => void }
  /** A sound server stands behind; false: its answer goes out. */
  | {
      readonly kind: "changes" | "writes";
      readonly change: (response: ServerResponse, request: IncomingMessage, real: RealAnswer) => boolean;
    }
  /** The server is sound, and the credential plugin of the kubeconfig is this script of bash. */
  | { readonly kind: "plugin"; readonly script: string }
);
