import { ownerName } from "../kinds/ownership.ts";
import { at, type Intents } from "../model/intents.ts";
import type { Report } from "./report.ts";

/** Refuses what parses but is not compiled by this version: better than to leave it out silently. */
export function reportNotYet(intents: Intents, report: Report): void {
  for (const intent of intents.externalServices) {
    if (intent.spec.via === undefined) continue;
    const owner = ownerName(intent.kind, intent.metadata.namespace, intent.metadata.name);
    refuse(report, owner, at(intent, "spec", "via"), "leaving the mesh through another cluster's gateway");
  }
}

function refuse(report: Report, owner: string | undefined, place: string, what: string): void {
  report.add(
    owner,
    "NOT_YET",
    place,
    `${what} cannot be compiled by this version`,
    "remove it until a version that can",
  );
}
