import type { SubjectAltNames } from "./signer.ts";
import type { JsonGeneralName, JsonName } from "./x509.ts";

/** A subject of organization and common name, most general first as the order of an X.500 name is. */
export function distinguishedName(commonName: string, organization: string): JsonName {
  return [{ O: [organization] }, { CN: [commonName] }];
}

export function generalNames({ dns = [], ip = [], uri = [] }: SubjectAltNames): JsonGeneralName[] {
  return [
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...ip.map((value) => ({ type: "ip" as const, value })),
    ...uri.map((value) => ({ type: "url" as const, value })),
  ];
}
