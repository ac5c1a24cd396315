export type { Compiled, DeclaredPath } from "../model/compiled.ts";
