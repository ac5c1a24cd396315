import type { Intermediate } from "./issueIntermediate.ts";
import { joinBundles } from "./trustBundle.ts";

/** The name of the Secret, in Istio's namespace, that istiod mounts at /etc/cacerts. */
export const caCertsSecret = "cacerts";

/** What istiod reads, each a PEM text. `ca-key.pem` is a secret. */
export interface CaCerts {
  readonly "ca-cert.pem": string;
  readonly "ca-key.pem": string;
  readonly "root-cert.pem": string;
  readonly "cert-chain.pem": string;
}

/**
 * The four files of Secret `cacerts`. All or none: with some of them istiod does not start (istio pilot/pkg/bootstrap/istio_ca.go,
 * security/pkg/pki/util/keycertbundle.go `Verify`).
 *
 * `trust` are roots to trust beside the intermediate's own, as PEM: during a rollover the other root. They come after it.
 */
export function caCertsOf(intermediate: Intermediate, trust = ""): CaCerts {
  const { certificate, key, issuers, root } = intermediate;
  return {
    "ca-cert.pem": certificate,
    "ca-key.pem": key,
    "root-cert.pem": joinBundles(root, trust),
    // istiod sends it with every workload certificate: the intermediate first, up to the root.
    "cert-chain.pem": joinBundles(certificate, issuers, root),
  };
}
