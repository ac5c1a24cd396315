export { shares } from "./loadBalancing.ts";
export { acrossNetworks } from "./networkGateways.ts";
export { isRetried, type RetryPolicy, retryPolicy, type UpstreamFailure } from "./retries.ts";
export { limitsOf, type RouteLimits } from "./routeLimits.ts";
export { subsetEndpoints } from "./subsetEndpoints.ts";
export { type Upstream, upstreamTls } from "./upstreamTls.ts";
