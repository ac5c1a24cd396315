import { say, showPath } from "../findings/index.ts";
import { checkIntents, type Intents } from "../model/index.ts";
import { makeProblem, type Problem } from "../problem.ts";
import type { Plan } from "./action.ts";
import { actionFaults } from "./actionFaults.ts";
import { inOrder } from "./actionOrder.ts";
import { savedPlanFormat, savedPlanHeadSchema, savedPlanSchema, savedPlanVersion } from "./savedPlanSchema.ts";

/** A plan with the declarations that it was made from: they lead to the clusters, and tell which paths must not break. */
export interface SavedPlan {
  readonly plan: Plan;
  /** Paths in `access` are absolute, since the file may be applied from elsewhere. */
  readonly intents: Intents;
}

/** The first characters of a saved plan. */
export const savedPlanStart = `{"format":"${savedPlanFormat}"`;

/** JSON, with nothing in it but what is declared and what is live: kinds that hold secrets are never read. */
export function encodeSavedPlan({ plan, intents }: SavedPlan): string {
  const file = { format: savedPlanFormat, version: savedPlanVersion, intents, ...plan };
  return `${JSON.stringify(file)}\n`;
}

export interface DecodedPlan {
  /** Absent where there are problems. */
  readonly saved?: SavedPlan;
  readonly problems: readonly Problem[];
}

/** Reads what `encodeSavedPlan` wrote; `file` is how problems call it. Problem: PLAN_INVALID. */
export function decodeSavedPlan(text: string, file: string): DecodedPlan {
  const content = parseJson(text);
  const head = savedPlanHeadSchema.safeParse(content);
  if (!head.success) return invalid(file, ["it is not a plan that isthmus saved"]);
  if (head.data.version !== savedPlanVersion) {
    return invalid(file, [`it has format version ${head.data.version}, and this isthmus reads ${savedPlanVersion}`]);
  }
  const parsed = savedPlanSchema.safeParse(content);
  if (!parsed.success) {
    return invalid(
      file,
      parsed.error.issues.map(
        ({ path, message }) =>
          `${showPath(path.map((step) => (typeof step === "number" ? step : String(step))))}: ${message}`,
      ),
    );
  }
  const { actions, stages, intents } = parsed.data;
  const wrong = checkIntents(intents).filter(({ severity }) => severity === "error");
  const faults = [
    ...wrong.map(({ at, message }) => `${at}: ${message}`),
    ...actionFaults(actions, new Set(intents.clusters.map(({ metadata }) => metadata.name))),
  ];
  if (faults.length > 0) return invalid(file, faults);
  return { saved: { plan: { actions: inOrder(actions), stages }, intents }, problems: [] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// A file that is broken in one place is probably broken in a thousand.
const mostFaults = 10;

function invalid(file: string, faults: readonly string[]): DecodedPlan {
  const problems = faults.slice(0, mostFaults).map(
    (fault): Problem =>
      makeProblem({
        code: "PLAN_INVALID",
        at: { file },
        message: say`the saved plan cannot be used: ${{ fault }}`,
        hint: "make it again: isthmus plan --out FILE",
      }),
  );
  return { problems };
}
