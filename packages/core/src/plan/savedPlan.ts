import { showPath } from "../model/intents.ts";
import type { MeshCluster } from "../model/meshCluster.ts";
import type { Problem } from "../problem.ts";
import type { Plan } from "./action.ts";
import { actionFaults } from "./actionFaults.ts";
import { inOrder } from "./actionOrder.ts";
import { savedPlanFormat, savedPlanHeadSchema, savedPlanSchema, savedPlanVersion } from "./savedPlanSchema.ts";

/** What a plan needs to be applied later, without the declarations that it was made from. */
export interface SavedPlan {
  readonly plan: Plan;
  readonly istioNamespace: string;
  /** How each cluster of the plan is reached. Paths are absolute, since the file may be applied from elsewhere. */
  readonly clusters: ReadonlyMap<string, MeshCluster["spec"]["access"]>;
}

/** JSON, with nothing in it but what is declared and what is live: kinds that hold secrets are never read. */
export function encodeSavedPlan({ plan, istioNamespace, clusters }: SavedPlan): string {
  const used = new Set(plan.actions.map(({ cluster }) => cluster));
  const file = {
    format: savedPlanFormat,
    version: savedPlanVersion,
    istioNamespace,
    clusters: Object.fromEntries([...clusters].filter(([name]) => used.has(name))),
    actions: plan.actions,
  };
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
  if (!head.success) return invalid(file, ["it is no plan that isthmus saved"]);
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
  const { actions, clusters, istioNamespace } = parsed.data;
  const saved = { plan: { actions: inOrder(actions) }, istioNamespace, clusters: new Map(Object.entries(clusters)) };
  const faults = actionFaults(actions, new Set(saved.clusters.keys()));
  return faults.length === 0 ? { saved, problems: [] } : invalid(file, faults);
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
    (fault): Problem => ({
      code: "PLAN_INVALID",
      at: file,
      message: `the saved plan cannot be used: ${fault}`,
      hint: "make it again: isthmus plan -o FILE",
    }),
  );
  return { problems };
}
