import type { KubeObject } from "./kubeObject.ts";

/**
 * By hand, after istio/api networking/v1alpha3/destination_rule.proto: the types that are generated from the CRD spell out
 * every combination of its choices in 37,000 lines, and tsc takes gigabytes to compare two of them.
 */
export interface DestinationRule extends KubeObject {
  readonly kind: "DestinationRule";
  readonly spec: DestinationRuleSpec;
}

export interface DestinationRuleSpec {
  host: string;
  exportTo?: string[];
  trafficPolicy?: TrafficPolicy;
  subsets?: Subset[];
  workloadSelector?: { matchLabels?: Record<string, string> };
}

export interface Subset {
  name: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicy;
}

export interface TrafficPolicy extends PortTrafficPolicy {
  portLevelSettings?: (PortTrafficPolicy & { port?: { number?: number } })[];
  proxyProtocol?: { version?: "V1" | "V2" };
  retryBudget?: { minRetryConcurrency?: number; percent?: number };
  tunnel?: { protocol?: string; targetHost: string; targetPort: number };
}

export interface PortTrafficPolicy {
  connectionPool?: ConnectionPool;
  loadBalancer?: LoadBalancer;
  outlierDetection?: OutlierDetection;
  tls?: ClientTls;
}

/** Durations are of Istio's form: `10s`, `500ms`. */
interface ConnectionPool {
  http?: {
    h2UpgradePolicy?: "DEFAULT" | "DO_NOT_UPGRADE" | "UPGRADE";
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    idleTimeout?: string;
    maxConcurrentStreams?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    useClientProtocol?: boolean;
  };
  tcp?: {
    connectTimeout?: string;
    idleTimeout?: string;
    maxConnectionDuration?: string;
    maxConnections?: number;
    tcpKeepalive?: { interval?: string; probes?: number; time?: string };
  };
}

interface LoadBalancer {
  simple?: "UNSPECIFIED" | "LEAST_CONN" | "RANDOM" | "PASSTHROUGH" | "ROUND_ROBIN" | "LEAST_REQUEST";
  consistentHash?: {
    httpCookie?: { name: string; path?: string; ttl?: string };
    httpHeaderName?: string;
    httpQueryParameterName?: string;
    useSourceIp?: boolean;
    maglev?: { tableSize?: number };
    ringHash?: { minimumRingSize?: number };
    minimumRingSize?: number;
  };
  localityLbSetting?: LocalitySetting;
  warmup?: { aggression?: number; duration: string; minimumPercent?: number };
  warmupDurationSecs?: string;
}

export interface LocalitySetting {
  enabled?: boolean;
  distribute?: { from?: string; to?: Record<string, number> }[];
  failover?: { from?: string; to?: string }[];
  failoverPriority?: string[];
}

interface OutlierDetection {
  baseEjectionTime?: string;
  consecutive5xxErrors?: number;
  consecutiveErrors?: number;
  consecutiveGatewayErrors?: number;
  consecutiveLocalOriginFailures?: number;
  interval?: string;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
  splitExternalLocalOriginErrors?: boolean;
}

export interface ClientTls {
  mode?: "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";
  caCertificates?: string;
  caCrl?: string;
  clientCertificate?: string;
  credentialName?: string;
  insecureSkipVerify?: boolean;
  privateKey?: string;
  sni?: string;
  subjectAltNames?: string[];
}
