import { externalAccessSchema } from "./externalAccess.ts";
import { externalServiceSchema } from "./externalService.ts";
import { meshSchema } from "./mesh.ts";
import { meshClusterSchema } from "./meshCluster.ts";
import { sharedServiceSchema } from "./sharedService.ts";

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
