import { type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { ExternalAccess } from "./externalAccess.ts";

type Path = readonly (string | number)[];

/** Token requirements that cannot be met, or that would give away a key. */
export function checkJwt(access: ExternalAccess): readonly Problem[] {
  const { hosts, tls, jwt } = access.spec;
  if (jwt === undefined) return [];
  const problems: Problem[] = [];
  const report = (path: Path, message: Sentence, hint: string) =>
    problems.push(makeProblem({ code: "FIELD_INVALID", at: at(access, "spec", ...path), message, hint }));
  if (tls.mode === "Passthrough") {
    const message = say`spec.jwt has no use with tls.mode Passthrough: the gateway reads no request`;
    report(["jwt"], message, "check tokens at the workload, or set mode: Mutual, Simple or None");
  }
  for (const [index, host] of hosts.entries()) {
    if (tls.mode !== "None" || !host.startsWith("*")) continue;
    // A Host header may carry any port, and a pattern of Istio has one '*' only.
    const message = say`spec.hosts[${{ index }}] is a wildcard, and with tls.mode None tokens are asked for by exact host`;
    report(["hosts", index], message, "list the hosts, or set mode: Mutual or Simple");
  }
  const seen = new Set<string>();
  for (const [index, { issuer, jwks, jwksUri }] of jwt.issuers.entries()) {
    const path = ["jwt", "issuers", index];
    if (seen.has(issuer))
      report([...path, "issuer"], say`spec.jwt lists issuer ${{ issuer }} twice`, "keep one of the two");
    seen.add(issuer);
    if ((jwks === undefined) === (jwksUri === undefined)) {
      report(path, say`spec.jwt.issuers[${{ index }}] must have one of jwksUri and jwks`, "");
    }
    const fault = jwks === undefined ? undefined : faultOfKeySet(jwks);
    if (fault !== undefined) report([...path, "jwks"], say`spec.jwt.issuers[${{ index }}].jwks ${fault[0]}`, fault[1]);
  }
  return problems;
}

/** RFC 7517 and 7518: `d` is the private part of a key, `k` a shared secret. */
function faultOfKeySet(text: string): readonly [fault: string, hint: string] | undefined {
  const keys = keysOf(text);
  if (keys === undefined) return ["is not a JSON Web Key Set", 'it looks like {"keys": [{"kty": "RSA", …}]}'];
  if (keys.length === 0) return ["has no key", "put the issuer's public keys there"];
  const isSecret = keys.some((key) => "d" in key || "k" in key);
  return isSecret
    ? ["holds a private key", "give the public keys only, and consider this one known to others"]
    : undefined;
}

function keysOf(text: string): readonly object[] | undefined {
  try {
    const { keys } = Object(JSON.parse(text)) as { readonly keys?: unknown };
    return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null) ? keys : undefined;
  } catch {
    return undefined;
  }
}
