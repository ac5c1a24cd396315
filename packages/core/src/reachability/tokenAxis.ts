import type { TokenClaims } from "../istio/policy/index.ts";
import type { AuthorizationPolicy, RequestAuthentication } from "../kinds/index.ts";
import type { Axis } from "./requestClasses.ts";

/** Tokens that policies tell apart; undefined where none asks for one. */
export function tokenAxis(
  authentications: readonly RequestAuthentication[],
  policies: readonly AuthorizationPolicy[],
): Axis | undefined {
  const issuers = [
    ...new Set(authentications.flatMap(({ spec }) => (spec.jwtRules ?? []).flatMap(({ issuer }) => issuer ?? []))),
  ];
  const [issuer] = issuers.sort();
  if (issuer === undefined) return undefined;
  const tokens = new Map<string, TokenClaims>();
  for (const each of issuers) tokens.set(`with a token of ${each}`, { iss: [each], sub: ["anyone"] });
  for (const { spec } of policies) {
    for (const { from = [], when = [] } of spec.rules ?? []) {
      for (const { source } of from) {
        for (const principal of [...(source?.requestPrincipals ?? []), ...(source?.notRequestPrincipals ?? [])]) {
          const slash = principal.lastIndexOf("/");
          if (principal.includes("*") || slash < 0) continue;
          tokens.set(`with a token of ${principal}`, {
            iss: [principal.slice(0, slash)],
            sub: [principal.slice(slash + 1)],
          });
        }
      }
      for (const { key, values = [], notValues = [] } of when) {
        const [, claim] = /^request\.auth\.claims\[([^\]]*)\]$/.exec(key) ?? [];
        const name = key === "request.auth.audiences" ? "aud" : claim;
        if (name === undefined) continue;
        for (const value of [...values, ...notValues]) {
          const text = value.replaceAll("*", "any");
          tokens.set(`with a token of ${issuer} whose ${name} is ${text}`, {
            iss: [issuer],
            sub: ["anyone"],
            [name]: [text],
          });
        }
      }
    }
  }
  return {
    noun: "token",
    choices: [
      { label: "without a token", apply: (parts) => parts },
      ...[...tokens].map(([label, claims]) => ({
        label,
        apply: (parts: Parameters<Axis["choices"][0]["apply"]>[0]) => ({ ...parts, claims }),
      })),
    ],
  };
}

/** Where a gateway asks clients for a certificate. */
export const certificateAxis: Axis = {
  noun: "certificate",
  choices: [
    { label: "without a certificate", apply: (parts) => parts },
    {
      label: "with a certificate",
      apply: (parts) => ({ ...parts, clientCertificate: { subjectAltNames: ["client.example.com"] } }),
    },
  ],
};
