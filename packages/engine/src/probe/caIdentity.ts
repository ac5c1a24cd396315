import { issue } from "@isthmus/pki";
import type { Ca } from "../ca/openCa.ts";
import type { ClientIdentity } from "./callGateway.ts";

/** A certificate that the mesh's own CA gave. */
export interface IssuedIdentity extends ClientIdentity {
  /** The root that it leads to, PEM. */
  readonly root: string;
}

const lifeInSeconds = 600;

/**
 * A certificate of a workload's identity for ten minutes, by the signer of `spec.ca`: where nobody may create tokens of the
 * workload's account. Its issuer is the signer itself, not a cluster's intermediate; proxies ask for a path to a root that
 * they trust and for the name (istio pilot/pkg/security/model/authentication.go, ApplyToCommonTLSContext). The key stays in
 * memory. Throws SIGNER_FAILED and what the signer throws.
 */
export async function caIdentity(ca: Pick<Ca, "signer" | "now" | "signal">, name: string): Promise<IssuedIdentity> {
  const { certificate, issuers, key, root } = await issue(await ca.signer("mesh"), {
    profile: "client",
    commonName: "isthmus probe",
    organization: "isthmus",
    names: { uri: [name] },
    keyKind: "ecdsa",
    days: 1,
    seconds: lifeInSeconds,
    subject: `probe as ${name}`,
    now: ca.now(),
    ...(ca.signal && { signal: ca.signal }),
  });
  return { certificate: certificate + issuers, key, root };
}
