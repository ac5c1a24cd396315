/** The identity of a service account in a mesh. istio/pkg/spiffe/spiffe.go, MustGenSpiffeURI */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
