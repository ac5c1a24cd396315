import { authoritySigner, createKeyPair, createRoot, issue } from "@isthmus/pki";
import type { ClientIdentity } from "./callGateway.ts";

/** A certificate of the same name from an authority that nobody trusts, made for one probe and forgotten. */
export async function strangerIdentity(identity: string, now: Date): Promise<ClientIdentity> {
  const root = await createRoot({
    name: "isthmus probe stranger",
    organization: "isthmus probe",
    keys: await createKeyPair("ecdsa"),
    now,
    days: 1,
  });
  const { certificate, key } = await issue(authoritySigner(root, { description: "stranger", now: () => now }), {
    profile: "client",
    commonName: "",
    organization: "isthmus probe",
    names: { uri: [identity] },
    keyKind: "ecdsa",
    days: 1,
    subject: identity,
    now,
  });
  return { certificate, key };
}
