import * as z from "zod";

/**
 * The parts of Istio's DestinationRule that a shared service may set, in Istio's own shape and as strict as istiod's
 * validation, so that it never refuses what we write. istio/pkg/config/validation/validation.go
 * https://istio.io/latest/docs/reference/config/networking/destination-rule/
 */

/** Istio takes Go durations of at least 1 ms. istio/pkg/config/validation/agent, ValidateDuration */
export const durationSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}(ms|s|m|h)$/, "must be a whole number of ms, s, m or h, such as 30s");
const countSchema = z.int().min(0).max(2_147_483_647);
const percentSchema = z.int().min(0).max(100);

export const outlierDetectionSchema = z.strictObject({
  consecutive5xxErrors: countSchema.exactOptional().describe("Answers 5xx in a row that eject an endpoint; 0: off"),
  consecutiveGatewayErrors: countSchema
    .exactOptional()
    .describe("Answers 502, 503 and 504 in a row, or failed TCP connections, that eject an endpoint; 0: off"),
  interval: durationSchema.exactOptional().describe("Time between two sweeps"),
  baseEjectionTime: durationSchema.exactOptional().describe("How long an endpoint stays out, times its ejections"),
  maxEjectionPercent: percentSchema.exactOptional().describe("How many endpoints may be out"),
  minHealthPercent: percentSchema.exactOptional().describe("Below it ejection is off"),
});

export const connectionPoolSchema = z.strictObject({
  tcp: z
    .strictObject({
      maxConnections: countSchema.exactOptional().describe("Connections to one endpoint"),
      connectTimeout: durationSchema.exactOptional().describe("Time to connect"),
      maxConnectionDuration: durationSchema.exactOptional().describe("How long a connection may last"),
      idleTimeout: durationSchema.exactOptional().describe("How long a connection may idle"),
    })
    .exactOptional()
    .describe("For HTTP and TCP"),
  http: z
    .strictObject({
      http1MaxPendingRequests: countSchema.exactOptional().describe("Requests that wait for a connection"),
      http2MaxRequests: countSchema.exactOptional().describe("Requests in flight"),
      maxRequestsPerConnection: countSchema.exactOptional().describe("Requests to one connection; 1: no keep-alive"),
      maxRetries: countSchema.exactOptional().describe("Retries in flight"),
      idleTimeout: durationSchema.exactOptional().describe("How long a connection may idle"),
      maxConcurrentStreams: countSchema.exactOptional().describe("HTTP/2 streams of one connection"),
    })
    .exactOptional()
    .describe("For HTTP"),
});

export const loadBalancerSchema = z.strictObject({
  simple: z
    .enum(["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM"])
    .exactOptional()
    .describe("How an endpoint is chosen; Istio's default: LEAST_REQUEST"),
  consistentHash: z
    .strictObject({
      httpHeaderName: z.string().min(1).exactOptional().describe("Hash of this header"),
      httpQueryParameterName: z.string().min(1).exactOptional().describe("Hash of this query parameter"),
      useSourceIp: z.literal(true).exactOptional().describe("Hash of the caller's address"),
    })
    .exactOptional()
    .describe("The same endpoint for the same caller"),
});
