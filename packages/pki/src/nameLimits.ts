import { AsnConvert } from "@peculiar/asn1-schema";
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from "@peculiar/asn1-x509";
import type { NameLimits, SubjectAltNames } from "./signer.ts";
import { Extension } from "./x509.ts";

/**
 * What an intermediate of a mesh needs and no more: identities of the trust domain, and DNS names of Services (istiod's own
 * certificate for webhooks and discovery: istio pilot/pkg/bootstrap/certcontroller.go). No address at all.
 */
export function meshNameLimits(trustDomain: string, clusterDomain: string): NameLimits {
  return {
    permitted: { uri: [trustDomain], dns: ["svc", clusterDomain] },
    excluded: { ip: ["0.0.0.0/0", "::/0"] },
  };
}

/** Critical, as RFC 5280 demands: a verifier that does not understand it must not accept the certificate. */
export function nameConstraintsExtension({ permitted, excluded }: NameLimits): Extension {
  const constraints = new NameConstraints({
    ...(permitted !== undefined && { permittedSubtrees: subtrees(permitted) }),
    ...(excluded !== undefined && { excludedSubtrees: subtrees(excluded) }),
  });
  return new Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints));
}

/** Undefined where it limits kinds of names that we do not know: then nothing below it can be said to be within. */
export function readNameConstraints(value: ArrayBuffer): NameLimits | undefined {
  const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(value, NameConstraints);
  const permitted = names(permittedSubtrees);
  const excluded = names(excludedSubtrees);
  if (permitted === "unknown" || excluded === "unknown") return undefined;
  return { ...(permitted && { permitted }), ...(excluded && { excluded }) };
}

/** The names that lie outside the limits. Kinds of which nothing is permitted are free. RFC 5280, section 4.2.1.10. */
export function namesOutside(limits: NameLimits, given: SubjectAltNames): readonly string[] {
  const rules = [
    { names: given.dns, permitted: limits.permitted?.dns, excluded: limits.excluded?.dns, within: isDnsWithin },
    { names: given.ip, permitted: limits.permitted?.ip, excluded: limits.excluded?.ip, within: isIpWithin },
    { names: given.uri, permitted: limits.permitted?.uri, excluded: limits.excluded?.uri, within: isUriWithin },
  ];
  return rules.flatMap(({ names = [], permitted = [], excluded = [], within }) =>
    names.filter(
      (name) =>
        excluded.some((limit) => within(name, limit)) ||
        (permitted.length > 0 && !permitted.some((limit) => within(name, limit))),
    ),
  );
}

function subtrees({ dns = [], ip = [], uri = [] }: SubjectAltNames): GeneralSubtrees {
  const bases = [
    ...uri.map((uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier })),
    ...dns.map((dNSName) => new GeneralName({ dNSName })),
    ...ip.map((iPAddress) => new GeneralName({ iPAddress })),
  ];
  return new GeneralSubtrees(bases.map((base) => new GeneralSubtree({ base })));
}

function names(trees: GeneralSubtrees | undefined): SubjectAltNames | "unknown" | undefined {
  if (trees === undefined) return undefined;
  const found = { dns: [] as string[], ip: [] as string[], uri: [] as string[] };
  for (const { base } of trees) {
    if (base.dNSName !== undefined) found.dns.push(base.dNSName);
    else if (base.iPAddress !== undefined) found.ip.push(base.iPAddress);
    else if (base.uniformResourceIdentifier !== undefined) found.uri.push(base.uniformResourceIdentifier);
    else return "unknown";
  }
  return Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0));
}

function isDnsWithin(name: string, limit: string): boolean {
  const [host, base] = [name.toLowerCase(), limit.toLowerCase().replace(/^\./, "")];
  return base === "" || host === base || host.endsWith(`.${base}`);
}

/** A limit without a leading dot is that host alone, with one any host below it. */
function isUriWithin(name: string, limit: string): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]*)/i.exec(name)?.[1]?.toLowerCase() ?? "";
  const base = limit.toLowerCase();
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

function isIpWithin(address: string, limit: string): boolean {
  const [network = "", size = ""] = limit.split("/");
  const [wanted, given] = [bits(network), bits(address)];
  const length = size.includes(".") || size.includes(":") ? bits(size).indexOf("0") : Number(size);
  const shared = length < 0 ? wanted.length : length;
  return wanted.length === given.length && wanted.slice(0, shared) === given.slice(0, shared);
}

/** An address as a text of its bits: 32 or 128. */
function bits(address: string): string {
  if (!address.includes(":")) return binary(address.split(".").map(Number), 8);
  const [left = "", right] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(left), groups(right ?? "")];
  const gap = right === undefined ? 0 : 8 - before.length - after.length;
  return binary([...before, ...Array.from({ length: Math.max(gap, 0) }, () => 0), ...after], 16);
}

function binary(numbers: readonly number[], width: number): string {
  return numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
}
