/** The parts of a VirtualService that decide where a request goes; the generated types spell out too much to be read. */
export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  /** The prefix is one of whole segments of a path, as the Gateway API means it. */
  readonly isOfSegments?: true;
  readonly regex?: string;
}

export interface HttpMatch {
  readonly uri?: StringMatch;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly headers?: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
  readonly queryParams?: Readonly<Record<string, StringMatch>>;
  readonly ignoreUriCase?: boolean;
  readonly port?: number;
  readonly gateways?: readonly string[];
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
}

export interface RouteTarget {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

export interface HeaderChanges {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface WeightedTarget {
  readonly destination: RouteTarget;
  readonly weight?: number;
  readonly headers?: { readonly request?: HeaderChanges };
}

/** The part of a route's `retries` that decides whether a failed try is made again: HTTPRetry of a VirtualService. */
export interface HttpRetries {
  readonly attempts?: number;
  readonly retryOn?: string;
  readonly retryIgnorePreviousHosts?: boolean;
}

export interface HttpRoute {
  readonly name?: string;
  readonly match?: readonly HttpMatch[];
  readonly route?: readonly WeightedTarget[];
  readonly redirect?: {
    readonly redirectCode?: number;
    readonly authority?: string;
    readonly uri?: string;
    readonly scheme?: string;
  };
  readonly directResponse?: { readonly status: number };
  readonly delegate?: { readonly name?: string; readonly namespace?: string };
  readonly rewrite?: {
    readonly uri?: string;
    readonly authority?: string;
    readonly uriRegexRewrite?: { readonly match?: string; readonly rewrite?: string };
  };
  readonly fault?: {
    readonly abort?: {
      readonly httpStatus?: number;
      readonly grpcStatus?: string;
      readonly percentage?: { readonly value?: number };
    };
  };
  readonly retries?: HttpRetries;
  /** For the request with all its tries: `5s`; none where absent or 0. */
  readonly timeout?: string;
  /** Why what it does cannot be told. */
  readonly unfollowed?: string;
  readonly headers?: { readonly request?: HeaderChanges };
}

export interface L4Match {
  readonly port?: number;
  readonly gateways?: readonly string[];
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly destinationSubnets?: readonly string[];
  /** Of a TLS match only. */
  readonly sniHosts?: readonly string[];
}

export interface L4Route {
  readonly match?: readonly L4Match[];
  readonly route?: readonly WeightedTarget[];
}

/** A route with its place, which a delegate's route keeps when it is merged into its root. */
export interface Placed<T> {
  readonly value: T;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** `spec.http[0]`. */
  readonly field: string;
}
