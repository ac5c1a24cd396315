import type { Intents, SharedService } from "../model/index.ts";
import {
  compileExports,
  compileExternalAccess,
  compileExternalService,
  compileSharedService,
} from "./compileDeclarations.ts";
import type { Compilation } from "./declaration/compilation.ts";
import type { CompileWorld } from "./declaration/compileContext.ts";

/** One declaration to compile. */
export interface CompileTask {
  readonly key: string;
  /** All of the declarations that it is about, but the Mesh and its clusters. */
  readonly input: readonly unknown[];
  readonly run: (world: CompileWorld) => Compilation;
}

export function compileTasks({ sharedServices, externalAccesses, externalServices }: Intents): readonly CompileTask[] {
  const sharing = namesByService(sharedServices);
  return [
    ...sharedServices.map((intent) => {
      const names = sharing.get(serviceOf(intent)) ?? [];
      return task(intent, [names], (world) => compileSharedService(intent, names, world));
    }),
    ...externalAccesses.map((intent) => task(intent, [], (world) => compileExternalAccess(intent, world))),
    ...externalServices.map((intent) => task(intent, [], (world) => compileExternalService(intent, world))),
    { key: "exports", input: [], run: compileExports },
  ];
}

function task(
  intent: Intents["sharedServices" | "externalAccesses" | "externalServices"][number],
  others: readonly unknown[],
  run: CompileTask["run"],
): CompileTask {
  const { namespace, name } = intent.metadata;
  return { key: `${intent.kind} ${namespace}/${name}`, input: [intent, ...others], run };
}

/** Of each Service the names of those that share it. */
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
