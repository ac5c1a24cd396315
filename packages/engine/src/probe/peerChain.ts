import type { PeerCertificate, TLSSocket } from "node:tls";
import { type CertificateFacts, inspectCertificate } from "@isthmus/pki";

/** The certificates that the other side has shown, its own first; none before it has shown any. */
export function peerChain(socket: TLSSocket): readonly CertificateFacts[] {
  const chain: CertificateFacts[] = [];
  const seen = new Set<string>();
  let next: Partial<PeerCertificate> & { issuerCertificate?: PeerCertificate } = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && !seen.has(next.raw.toString("base64"))) {
    const der = next.raw.toString("base64");
    seen.add(der);
    chain.push(inspectCertificate(`-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`));
    next = next.issuerCertificate ?? {};
  }
  return chain;
}
