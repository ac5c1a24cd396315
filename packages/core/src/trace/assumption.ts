/**
 * What an assumption is about.
 * - `name`: a name of the outside world resolves, and to what is said; `server`: what is outside of all clusters answers;
 * - `application`: an app listens where its pod declares no port, or speaks what the port's name says;
 * - `credential`: a certificate in a Secret or file, or a token, is there, valid, and signed by whom the other side trusts;
 * - `gateway`: pods of a gateway run though no manifest shows them;
 * - `settings`: istiod's settings are its defaults, since they cannot be read;
 * - `health`: outlier detection has ejected no endpoint;
 * - `completeness`: a cluster holds nothing beside the manifests that were given in its place.
 */
export const assumptionKinds = [
  "name",
  "server",
  "application",
  "credential",
  "gateway",
  "settings",
  "health",
  "completeness",
] as const;
export type AssumptionKind = (typeof assumptionKinds)[number];

/** What a verdict rests on and no configuration shows. */
export interface Assumption {
  readonly about: AssumptionKind;
  /** A clause for people: `api.example.com resolves`. */
  readonly detail: string;
}
