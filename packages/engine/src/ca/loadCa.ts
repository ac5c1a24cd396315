/** The certificate authority's functions. Loaded when asked for: X.509 costs all other commands nothing. */
export const loadCa = () => import("./ca.ts");
