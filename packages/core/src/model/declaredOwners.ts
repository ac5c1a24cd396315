import { ownerName } from "../kinds/index.ts";
import type { Intents } from "./intents.ts";

/** What is declared and owns objects, each with its name as the owner label has it. */
export function declaredOwners({
  sharedServices,
  externalAccesses,
  externalServices,
}: Pick<Intents, "sharedServices" | "externalAccesses" | "externalServices">) {
  return [...sharedServices, ...externalAccesses, ...externalServices].map((declaration) => {
    const { kind, metadata } = declaration;
    return { owner: ownerName(kind, metadata.namespace, metadata.name), declaration };
  });
}
