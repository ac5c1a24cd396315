import { type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { ExternalAccess } from "./externalAccess.ts";

/** TLS settings that do not go with the mode. */
export function checkExternalAccess(access: ExternalAccess): readonly Problem[] {
  const { mode, credential, clients, httpsRedirect } = access.spec.tls;
  const gatewayEndsTls = mode === "Mutual" || mode === "Simple";
  const problems: Problem[] = [];
  const report = (code: "FIELD_INVALID" | "FIELD_MISSING", field: string, message: Sentence, hint: string) =>
    problems.push(makeProblem({ code, at: at(access, "spec", "tls", field), message, hint }));
  if (gatewayEndsTls && credential === undefined) {
    report(
      "FIELD_MISSING",
      "credential",
      say`spec.tls.credential is missing: the gateway needs a certificate for tls.mode ${{ mode }}`,
      "name a secret, or write credential: {issue: {}}",
    );
  }
  if (!gatewayEndsTls && credential !== undefined) {
    const message = say`spec.tls.credential has no use with tls.mode ${{ mode }}`;
    report("FIELD_INVALID", "credential", message, "remove it, or set mode: Mutual or Simple");
  }
  if (credential !== undefined && (credential.secret === undefined) === (credential.issue === undefined)) {
    report("FIELD_INVALID", "credential", say`spec.tls.credential must have one of secret and issue`, "");
  }
  if (mode !== "Mutual" && clients !== undefined) {
    report("FIELD_INVALID", "clients", say`spec.tls.clients has no use with tls.mode ${{ mode }}`, "set mode: Mutual");
  }
  if (!gatewayEndsTls && httpsRedirect) {
    const message = say`spec.tls.httpsRedirect has no use with tls.mode ${{ mode }}`;
    report("FIELD_INVALID", "httpsRedirect", message, "remove it, or set mode: Mutual or Simple");
  }
  return problems;
}
