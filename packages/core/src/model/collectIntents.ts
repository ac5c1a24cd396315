import { byList, type Kind } from "./declaredKinds.ts";
import type { Intent, Intents } from "./intents.ts";
import { meshSchema } from "./mesh/mesh.ts";
import { apiVersion } from "./resource.ts";

/** Single declarations as a whole; without a Mesh its defaults hold. */
export function collectIntents(intents: readonly Intent[]): Intents {
  const ofKind = (kind: Kind) => intents.filter((intent) => intent.kind === kind);
  const [mesh = meshSchema.parse({ apiVersion, kind: "Mesh", metadata: { name: "mesh" } })] = ofKind("Mesh");
  return { mesh, ...byList(ofKind) } as Intents;
}
