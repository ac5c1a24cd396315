/** As Kubernetes has them: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/condition/ */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** One word in CamelCase. */
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export type ConditionDraft = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Conditions with the times of those whose status is as it was. `time`: RFC 3339. */
export function conditionsAfter(
  before: readonly Condition[],
  drafts: readonly ConditionDraft[],
  { generation, time }: { readonly generation: number; readonly time: string },
): readonly Condition[] {
  return drafts.map((draft) => {
    const last = before.find(({ type }) => type === draft.type);
    return {
      ...draft,
      message: draft.message.slice(0, longestMessage),
      observedGeneration: generation,
      lastTransitionTime: last?.status === draft.status ? last.lastTransitionTime : time,
    };
  });
}

/** Of metav1.Condition. */
const longestMessage = 32_768;

/** What an object's status has, as far as it is of the form: anybody may have written it. */
export function conditionsIn(status: unknown): readonly Condition[] {
  const { conditions } = (status ?? {}) as { readonly conditions?: unknown };
  return Array.isArray(conditions) ? conditions.filter(isCondition) : [];
}

function isCondition(value: unknown): value is Condition {
  if (typeof value !== "object" || value === null) return false;
  const { type, status, lastTransitionTime } = value as Readonly<Record<string, unknown>>;
  return typeof type === "string" && typeof status === "string" && typeof lastTransitionTime === "string";
}

/** `PATH_WOULD_BREAK` as a reason: `PathWouldBreak`. */
export function reasonOf(code: string): string {
  return code
    .split("_")
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join("");
}
