import { hostSchema } from "../../model/index.ts";

export interface HostParts {
  readonly service: string;
  readonly namespace: string;
  readonly cluster: string;
}

/** Fills a name template; undefined where the result is no DNS name (RFC 1123: 253 characters, labels of 63). */
export function hostName(template: string, parts: HostParts): string | undefined {
  const host = template
    .replaceAll("{service}", parts.service)
    .replaceAll("{namespace}", parts.namespace)
    .replaceAll("{cluster}", parts.cluster);
  const fits = hostSchema.safeParse(host).success && host.split(".").every((label) => label.length <= 63);
  return fits && !host.startsWith("*") ? host : undefined;
}
