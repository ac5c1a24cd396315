/** Rotation of the mesh's root and intermediates. Loaded when asked for: X.509 costs all other commands nothing. */
export const loadRotation = () => import("./rotation.ts");
