import { type Intents, MeshError, nearestName, ownerName } from "@isthmus/core";

/**
 * The owners that services are named for: `httpbin.bar`, or `bar/httpbin`, of any kind of declaration. Undefined where none is named:
 * all. Throws USAGE where nothing of the name is declared.
 */
export function ownersOf(
  { sharedServices, externalAccesses, externalServices }: Intents,
  services: readonly string[],
): ReadonlySet<string> | undefined {
  if (services.length === 0) return undefined;
  const declared = [...sharedServices, ...externalAccesses, ...externalServices].map(({ kind, metadata }) => ({
    names: [`${metadata.name}.${metadata.namespace}`, `${metadata.namespace}/${metadata.name}`],
    owner: ownerName(kind, metadata.namespace, metadata.name),
  }));
  return new Set(
    services.flatMap((service) => {
      const found = declared.filter(({ names }) => names.includes(service));
      if (found.length > 0) return found.map(({ owner }) => owner);
      const all = declared.flatMap(({ names }) => names.slice(0, 1));
      const meant = nearestName(service, all);
      const list = all.length === 0 ? "nothing is declared" : `declared are: ${all.slice(0, 10).join(", ")}`;
      const hint = meant === undefined ? list : `did you mean ${meant}?`;
      throw new MeshError({ code: "USAGE", at: {}, message: `${service} is not declared`, hint });
    }),
  );
}
