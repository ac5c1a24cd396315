import { passthroughSni } from "../../istio/index.ts";
import type { TrafficPolicy } from "../../kinds/index.ts";
import type { SharedPort } from "./resolvedService.ts";

/** What the declaration says about connections to a host. */
export type TrafficSettings = Pick<TrafficPolicy, "outlierDetection" | "connectionPool" | "loadBalancer">;

/**
 * Mutual TLS with the SNI that an AUTO_PASSTHROUGH gateway of the server routes on. An SNI holds for one port, so each has its own settings; those
 * take nothing over from the policy around them (istio/pilot/pkg/networking/util, MergeSubsetTrafficPolicy).
 */
export function passthroughPolicy(
  host: string,
  ports: readonly SharedPort[],
  settings: TrafficSettings,
  rest: { readonly subjectAltNames?: string[] } = {},
): TrafficPolicy {
  const tls = (number: number) => ({ mode: "ISTIO_MUTUAL" as const, sni: passthroughSni(host, number), ...rest });
  const [only, ...others] = ports;
  if (only !== undefined && others.length === 0) return { ...settings, tls: tls(only.number) };
  return {
    ...settings,
    tls: { mode: "ISTIO_MUTUAL" },
    portLevelSettings: ports.map(({ number }) => ({ port: { number }, ...settings, tls: tls(number) })),
  };
}
