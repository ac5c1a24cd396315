/** Yes, no, or what cannot be told from what is known. */
export type Truth = true | false | "unknown";

export function not(truth: Truth): Truth {
  return truth === "unknown" ? truth : !truth;
}

export function and(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes("unknown") ? "unknown" : true;
}

export function or(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes("unknown") ? "unknown" : false;
}
