import { externalAccessSchema } from "./externalAccess/externalAccess.ts";
import { externalServiceSchema } from "./externalService/externalService.ts";
import { meshSchema } from "./mesh/mesh.ts";
import { meshClusterSchema } from "./mesh/meshCluster.ts";
import { sharedServiceSchema } from "./sharedService/sharedService.ts";

/** Every kind that a user may declare. What reads, documents or installs kinds goes by this table. */
export const kindSchemas = {
  Mesh: meshSchema,
  MeshCluster: meshClusterSchema,
  SharedService: sharedServiceSchema,
  ExternalAccess: externalAccessSchema,
  ExternalService: externalServiceSchema,
} as const;

export type Kind = keyof typeof kindSchemas;

export const kinds = Object.keys(kindSchemas) as readonly Kind[];

export function isKind(name: unknown): name is Kind {
  return typeof name === "string" && Object.hasOwn(kindSchemas, name);
}
