import { type Identity, spiffeId } from "../spiffeId.ts";

/** Who calls, as far as it is known where a policy asks. */
export type Caller =
  /** What its certificate shows: a SPIFFE ID, or at a gateway any name. */
  | { readonly kind: "identity"; readonly id: string }
  /** No certificate was asked for, or none shown. */
  | { readonly kind: "nobody" }
  /** It shows a certificate, and its names are not known. */
  | { readonly kind: "hidden" }
  /** Any identity of the mesh that has these parts; one that is absent may be anything. */
  | ({ readonly kind: "any of" } & Partial<Identity>);

const unknownPart = "\u0000";

/**
 * Callers of one trust domain, of a principal as our policies name them: exact, `trust domain/ns/namespace/*`, `*\/sa/account`
 * or `*`.
 */
export function callersOf(principal: string, trustDomain: string): Caller {
  const [, namespace] = /\/ns\/([^/*]+)/.exec(principal) ?? [];
  const [, serviceAccount] = /\/sa\/([^/*]+)$/.exec(principal) ?? [];
  if (namespace !== undefined && serviceAccount !== undefined) {
    return { kind: "identity", id: spiffeId(trustDomain, namespace, serviceAccount) };
  }
  return {
    kind: "any of",
    trustDomain,
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
}

/** The SPIFFE IDs of a group: what all of them begin and end with, and whether a text is one of them. */
export interface IdentityForm {
  readonly head: string;
  readonly tail: string;
  has(id: string): boolean;
}

export function formOf({ trustDomain, namespace, serviceAccount }: Partial<Identity>): IdentityForm {
  const text = [
    "spiffe://",
    trustDomain ?? unknownPart,
    "/ns/",
    namespace ?? unknownPart,
    "/sa/",
    serviceAccount ?? unknownPart,
  ].join("");
  const parts = text.split(unknownPart);
  const [head = ""] = parts;
  return {
    head,
    tail: parts.at(-1) ?? "",
    has: (id) => {
      const [, first, second, third] = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(id) ?? [];
      return (
        first !== undefined &&
        (trustDomain ?? first) === first &&
        (namespace ?? second) === second &&
        (serviceAccount ?? third) === third
      );
    },
  };
}
