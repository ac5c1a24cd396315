import type { DestinationRule } from "../kinds/istio.ts";
import type { SharedPort } from "./share.ts";

/**
 * Mutual TLS with the SNI that an AUTO_PASSTHROUGH gateway of the server routes on
 * (istio/pilot/pkg/model/service.go, BuildDNSSrvSubsetKey). An SNI holds for one port, so each has its own settings.
 */
export function passthroughPolicy(
  host: string,
  ports: readonly SharedPort[],
  rest: { readonly subjectAltNames?: string[] } = {},
): NonNullable<DestinationRule["spec"]["trafficPolicy"]> {
  const tls = (number: number) => ({ mode: "ISTIO_MUTUAL" as const, sni: `outbound_.${number}_._.${host}`, ...rest });
  const [only, ...others] = ports;
  if (only !== undefined && others.length === 0) return { tls: tls(only.number) };
  return {
    tls: { mode: "ISTIO_MUTUAL" },
    portLevelSettings: ports.map(({ number }) => ({ port: { number }, tls: tls(number) })),
  };
}
