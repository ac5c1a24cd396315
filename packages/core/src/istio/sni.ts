/** The server name of an upstream cluster in mutual TLS, by which an AUTO_PASSTHROUGH gateway knows what is meant. */
export interface PassthroughName {
  readonly port: number;
  /** Empty: the service as a whole. */
  readonly subset: string;
  readonly host: string;
}

/** `outbound_.8000_.v1_.httpbin.bar.svc.cluster.local`. pilot/pkg/model/service.go, BuildDNSSrvSubsetKey */
export function passthroughSni(host: string, port: number, subset = ""): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}

/** Undefined for a name of another form. pilot/pkg/model/service.go, ParseSubsetKey */
export function parsePassthroughSni(sni: string): PassthroughName | undefined {
  const [, port = "", subset = "", host = ""] = /^outbound_\.(\d+)_\.(.*?)_\.(.+)$/.exec(sni) ?? [];
  return host === "" ? undefined : { port: Number(port), subset, host };
}
