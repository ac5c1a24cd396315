import type { Place } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { SharedService } from "./sharedService.ts";

/** Rules of failover that istiod refuses, or that it would not look at: of those for one region it takes the first. */
export function checkFailover(service: SharedService): readonly Problem[] {
  const failover = service.spec.traffic?.locality?.failover ?? [];
  return failover.flatMap(({ from, to }, index) => {
    const path = `spec.traffic.locality.failover[${index}]`;
    const place = at(service, "spec", "traffic", "locality", "failover", index);
    if (from === to) {
      return [invalid(place, `${path} leads from region ${from} to itself`, "the own region comes first always")];
    }
    if (failover.findIndex((other) => other.from === from) === index) return [];
    const hint =
      "after that region come all others; for a longer order name clusters in spec.traffic.locality.clusters";
    return [invalid(place, `${path} repeats region ${from}, which fails over to one other region`, hint)];
  });
}

function invalid(place: Place, message: string, hint: string): Problem {
  return makeProblem({ code: "FIELD_INVALID", at: place, message, hint });
}
