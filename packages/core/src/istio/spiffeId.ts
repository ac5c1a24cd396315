/** The identity of a service account in a mesh, as a certificate has it. pkg/spiffe/spiffe.go, genSpiffeURI */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${principal(trustDomain, namespace, serviceAccount)}`;
}

/** The same as AuthorizationPolicies name it. */
export function principal(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** What AuthorizationPolicies name all service accounts of a namespace by. */
export function principalsOfNamespace(trustDomain: string, namespace: string): string {
  return `${trustDomain}/ns/${namespace}/*`;
}

/** What AuthorizationPolicies name the accounts of one name by, whatever their namespace and trust domain. */
export function principalsOfAccount(serviceAccount: string): string {
  return `*/sa/${serviceAccount}`;
}

export interface Identity {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Of a SPIFFE ID or a principal; undefined for one of another form. pkg/spiffe/spiffe.go, ParseIdentity */
export function parseIdentity(text: string): Identity | undefined {
  const [, trustDomain, namespace, serviceAccount] =
    /^(?:spiffe:\/\/)?([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(text) ?? [];
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined;
  return { trustDomain, namespace, serviceAccount };
}
