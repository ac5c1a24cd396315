import type { Problem } from "../problem.ts";
import { checkReferences, type Unread } from "./checkReferences.ts";
import { checkExternalAccess } from "./externalAccess/checkExternalAccess.ts";
import { checkJwt } from "./externalAccess/checkJwt.ts";
import { checkExternalService } from "./externalService/checkExternalService.ts";
import type { Intents } from "./intents.ts";
import { checkMesh } from "./mesh/checkMesh.ts";
import { checkMeshClusters, type FileOf } from "./mesh/checkMeshClusters.ts";
import { checkSharedService } from "./sharedService/checkSharedService.ts";

export interface IntentsContext extends Unread {
  readonly fileOf: FileOf;
}

const everythingRead: IntentsContext = { lostClusters: new Set(), complete: true, fileOf: () => undefined };

/**
 * What is wrong with declared resources beyond each field by itself, as far as it shows without looking at a cluster.
 * `at` of each problem is a resource and field path; `context` tells what could not be read and is thus unknown.
 */
export function checkIntents(intents: Intents, context: IntentsContext = everythingRead): readonly Problem[] {
  return [
    ...checkMesh(intents.mesh),
    ...checkMeshClusters(intents.clusters, context.fileOf),
    ...intents.sharedServices.flatMap((service) => checkSharedService(service, intents)),
    ...intents.externalAccesses.flatMap(checkExternalAccess),
    ...intents.externalAccesses.flatMap(checkJwt),
    ...intents.externalServices.flatMap(checkExternalService),
    ...checkReferences(intents, context),
  ];
}
