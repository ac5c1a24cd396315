import type { Mesh } from "../../model/index.ts";

/** Where a consuming cluster keeps what a name needs: one namespace, or Istio's root namespace for all of them. */
export interface Placement {
  readonly namespace: string;
  readonly exportTo: "." | "*";
}

/** `namespaces` undefined: every namespace. */
export function placements(namespaces: readonly string[] | undefined, mesh: Mesh): readonly Placement[] {
  return (
    namespaces?.map((namespace) => ({ namespace, exportTo: "." })) ?? [
      { namespace: mesh.spec.istioNamespace, exportTo: "*" },
    ]
  );
}
