import ipaddr from "ipaddr.js";

/** `api.shop:80`, `192.0.2.1:80`, and `[2001:db8::1]:80`: an IPv6 address needs brackets before a port. */
export function showHostPort(host: string, port: number | string): string {
  return `${showHost(host)}:${port}`;
}

/** As a URL and a Host header have it. */
export function showHost(host: string): string {
  return isIpv6(host) ? `[${host}]` : host;
}

/** The host of a Host header as Envoy compares it: without the port, in lower case, an IPv6 address in its brackets. */
export function hostOfAuthority(authority: string): string {
  return showHost(parseHostPort(authority).host).toLowerCase();
}

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Parts `host:port`, `[2001:db8::1]:80` and each of them without a port; an IPv6 address without brackets has none. */
export function parseHostPort(text: string): HostPort {
  const [, v6, host = text, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: v6 ?? host, port: port === undefined ? undefined : Number(port) };
}

function isIpv6(host: string): boolean {
  // The library throws and catches for what is none, which is slow for thousands of names.
  return host.includes(":") && /^[\da-f:.]+(%[\da-z]+)?$/i.test(host) && ipaddr.IPv6.isValid(host);
}

/** One text for one address: IPv6 may be written in many ways (RFC 5952). What is not an address stays as it is, in lower case. */
export function canonicalHost(host: string): string {
  return isIpv6(host) ? ipaddr.parse(host).toString() : host.toLowerCase();
}
