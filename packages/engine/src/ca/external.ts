import { type ExternalAccess, issuedCredentialName, type MeshCluster, ownerLabel, ownerName } from "@isthmus/core";
import { ageOf, fingerprintOf, type Issued, issue, type SubjectAltNames, splitPem } from "@isthmus/pki";
import { notOurs, readSecretFacts, writeSecret } from "./caSecret.ts";
import { noteAnnotations, noteOf, readNote } from "./certificateNote.ts";
import type { IssueChoice, SecretOutcome } from "./clusterCaCerts.ts";
import type { Ca } from "./openCa.ts";

/**
 * The certificate that a cluster's ingress gateway shows for an ExternalAccess with `credential: {issue: {}}`, with the root
 * that clients' certificates must come from, in a Secret beside the gateway. Renewed after two thirds of its life, or where
 * the hosts or the root are others; else nothing is done. istiod hands a changed Secret to the gateway by itself. Throws as
 * `issueForCluster` does.
 */
export async function issueForAccess(
  ca: Ca,
  access: ExternalAccess,
  cluster: MeshCluster,
  { force, adopt }: Pick<IssueChoice, "force" | "adopt">,
): Promise<SecretOutcome> {
  const { namespace, name } = access.metadata;
  const place = {
    cluster: cluster.metadata.name,
    client: await ca.client(cluster),
    namespace: cluster.spec.ingressGateway.namespace,
    name: issuedCredentialName(access),
  };
  const call = ca.signal === undefined ? {} : { signal: ca.signal };
  const seen = await readSecretFacts(place, call);
  if (seen !== undefined && !seen.isOurs && !adopt) throw notOurs(place);
  const hosts = [...access.spec.hosts].sort();
  const note = seen?.isOurs === true ? readNote(seen.annotations) : undefined;
  const root = await ca.knownRoot("external");
  const isGood =
    note !== undefined &&
    ageOf(note, ca.now()) === "fresh" &&
    note.names.join() === hosts.join() &&
    (root === undefined || note.root === fingerprintOf(root));
  const told = { cluster: place.cluster, secret: `${place.namespace}/${place.name}`, restart: false };
  if (note !== undefined && isGood && !force) return { ...told, action: "kept", note };
  const issued = await issueExternal(ca, {
    profile: "server",
    commonName: hosts[0] ?? name,
    names: { dns: hosts },
    subject: `ExternalAccess ${namespace}/${name}`,
  });
  const fresh = noteOf(issued.facts, fingerprintOf(issued.root), [fingerprintOf(issued.root)]);
  await writeSecret(
    place,
    {
      labels: { [ownerLabel]: ownerName("ExternalAccess", namespace, name) },
      annotations: noteAnnotations(fresh),
      data: credentialFiles(issued),
    },
    { seen, adopt, ...call },
  );
  return { ...told, action: seen === undefined ? "created" : seen.isOurs ? "renewed" : "adopted", note: fresh };
}

export interface ClientRequest {
  readonly name: string;
  readonly names: SubjectAltNames;
  readonly days?: number;
}

/** A certificate for a client outside the mesh, of the external authority. Throws SIGNER_FAILED and what the signer throws. */
export function issueForClient(ca: Ca, { name, names, days }: ClientRequest): Promise<Issued> {
  return issueExternal(ca, {
    profile: "client",
    commonName: name,
    names,
    subject: `client ${name}`,
    ...(days !== undefined && { days }),
  });
}

/** As Istio's gateways and most programs read them. `tls.key` is a secret. */
export function credentialFiles({ certificate, issuers, key, root }: Issued): Readonly<Record<string, string>> {
  return { "tls.crt": splitPem(certificate + issuers).join(""), "tls.key": key, "ca.crt": root };
}

interface ExternalRequest {
  readonly profile: "server" | "client";
  readonly commonName: string;
  readonly names: SubjectAltNames;
  readonly subject: string;
  readonly days?: number;
}

async function issueExternal(ca: Ca, request: ExternalRequest): Promise<Issued> {
  const { mesh } = ca.intents;
  const { external } = mesh.spec.ca;
  return issue(await ca.signer("external"), {
    days: external.days,
    ...request,
    // A common name has 64 characters at most: RFC 5280, ub-common-name. Nobody goes by it.
    commonName: request.commonName.slice(0, 64),
    organization: mesh.metadata.name,
    keyKind: external.key,
    now: ca.now(),
    ...(ca.signal && { signal: ca.signal }),
  });
}
