import type { Problem } from "../problem.ts";
import type { ExternalService } from "./externalService.ts";
import { at } from "./intents.ts";

/** Endpoints that do not go with the resolution, and ports that are listed twice. */
export function checkExternalService(service: ExternalService): readonly Problem[] {
  const { endpoints, ports, resolution } = service.spec;
  const problems: Problem[] = [];
  if (resolution === "Static" && endpoints === undefined) {
    const message = "spec.endpoints is missing: resolution Static needs addresses";
    const place = at(service, "spec", "endpoints");
    problems.push({ code: "FIELD_MISSING", at: place, message, hint: "list them, or set resolution: Dns" });
  }
  if (resolution !== "Static" && endpoints !== undefined) {
    const message = `spec.endpoints has no use with resolution ${resolution}`;
    const place = at(service, "spec", "endpoints");
    problems.push({ code: "FIELD_INVALID", at: place, message, hint: "remove it, or set resolution: Static" });
  }
  const seen = new Set<number>();
  for (const [index, { number }] of ports.entries()) {
    if (seen.has(number)) {
      const place = at(service, "spec", "ports", index, "number");
      const message = `spec.ports lists port ${number} twice`;
      problems.push({ code: "FIELD_INVALID", at: place, message, hint: "keep one of the two" });
    }
    seen.add(number);
  }
  return problems;
}
