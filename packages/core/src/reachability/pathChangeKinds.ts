export const pathChangeKinds = [
  "newly reached",
  "no longer reached",
  "goes elsewhere",
  "loses mutual TLS",
  "gains mutual TLS",
  "cannot be told",
  "could not be told before",
] as const;
export type PathChangeKind = (typeof pathChangeKinds)[number];
