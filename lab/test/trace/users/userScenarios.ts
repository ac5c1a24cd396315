import type { Scenario } from "../scenario.ts";
import { blame } from "./blame.ts";
import { notThere } from "./notThere.ts";
import { paths } from "./paths.ts";
import { settings } from "./settings.ts";
import { shape } from "./shape.ts";
import { works } from "./works.ts";

/** Every kind of fault that users' reports and trials of the proof showed, in several surroundings each. */
export function userScenarios(): readonly Scenario[] {
  return [...settings, ...notThere, ...paths, ...works, ...blame, ...shape];
}
