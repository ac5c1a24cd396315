export interface KubeErrorCause {
  readonly reason?: string;
  readonly message?: string;
  /** `spec.ports[0].port`, `.spec.selector`: as the API server writes it. */
  readonly field?: string;
}

/** What was asked, in the words of RBAC. */
export interface KubeCall {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete";
  /** `services`, `gateways.networking.istio.io`, or a path that is not a resource (`/version`). */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface KubeErrorAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Kubernetes' own word: `Conflict`, `AlreadyExists`, `Invalid`, `Forbidden`, `Expired` … */
  readonly reason: string;
  readonly message: string;
  readonly causes?: readonly KubeErrorCause[];
  /** How long the server asks to wait, in seconds. */
  readonly retryAfter?: number;
  /** A 404 that is about an object: its kind is served. */
  readonly isObjectMissing?: boolean;
}

/** The API server answered, with an error. Its `message` is the server's. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly KubeErrorCause[];
  readonly retryAfter: number | undefined;
  readonly isObjectMissing: boolean;
  readonly call: KubeCall;

  constructor(call: KubeCall, answer: KubeErrorAnswer, options?: ErrorOptions) {
    super(answer.message, options);
    this.call = call;
    this.status = answer.status;
    this.reason = answer.reason;
    this.causes = answer.causes ?? [];
    this.retryAfter = answer.retryAfter;
    this.isObjectMissing = answer.isObjectMissing ?? false;
  }

  /** The server does not take the object as it is, now or later. A field that its schema lacks is a 500 to server-side apply. */
  get isInvalid(): boolean {
    if (this.status === 400 || this.status === 413 || this.status === 422) return true;
    return this.status === 500 && /field not declared in schema|failed to create typed patch object/.test(this.message);
  }
}
