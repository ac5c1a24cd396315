import type { CompiledEntrance } from "./compileEntrance.ts";
import type { NamedHost } from "./namedHost.ts";
import type { Output } from "./output.ts";

/** What one declaration makes by itself, and what `link` has to hold against the others'. */
export interface Compilation extends Output {
  readonly hosts: readonly NamedHost[];
  readonly entrances: readonly CompiledEntrance[];
}
