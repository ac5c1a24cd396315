import { istioClusters } from "../istio/istioClusters.ts";
import type { Compiled } from "../model/compiled.ts";
import type { Intents } from "../model/intents.ts";
import type { Observed } from "../model/observed.ts";
import type { SharedService } from "../model/sharedService.ts";
import type { Compilation } from "./compilation.ts";
import {
  type CompileWorld,
  compileExports,
  compileExternalAccess,
  compileExternalService,
  compileSharedService,
} from "./compileDeclarations.ts";
import { link } from "./link.ts";

/**
 * The objects that every observed cluster should hold for the declared intents. Deterministic: the order of the input, and
 * of the objects in `observed`, does not show in the result.
 */
export function compile(intents: Intents, observed: Observed): Compiled {
  const world = { intents, observed, facts: istioClusters(observed, intents) };
  return link(compileDeclarations(world), world);
}

/** Each by itself. */
function compileDeclarations(world: CompileWorld): readonly Compilation[] {
  const { sharedServices, externalAccesses, externalServices } = world.intents;
  const sharing = namesByService(sharedServices);
  return [
    ...sharedServices.map((intent) => compileSharedService(intent, sharing.get(serviceOf(intent)) ?? [], world)),
    ...externalAccesses.map((intent) => compileExternalAccess(intent, world)),
    ...externalServices.map((intent) => compileExternalService(intent, world)),
    compileExports(world),
  ];
}

function namesByService(shares: readonly SharedService[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const intent of shares) {
    const service = serviceOf(intent);
    names.set(service, [...(names.get(service) ?? []), intent.metadata.name].sort());
  }
  return names;
}

function serviceOf({ metadata, spec }: SharedService): string {
  return `${metadata.namespace}/${spec.service ?? metadata.name}`;
}
