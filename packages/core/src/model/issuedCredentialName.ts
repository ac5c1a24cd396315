import { dnsLabel } from "../kinds/names.ts";
import type { ExternalAccess } from "./externalAccess.ts";

/** The Secret, beside the gateway, in which Isthmus puts the certificate that it issues for an ExternalAccess. */
export function issuedCredentialName({ metadata }: Pick<ExternalAccess, "metadata">): string {
  return dnsLabel([metadata.namespace, metadata.name, "tls"], ["ExternalAccess"]);
}
