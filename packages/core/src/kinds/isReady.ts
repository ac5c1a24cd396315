/** What Pods and Nodes say of themselves. */
export interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Whether condition Ready is True: of a Pod that it may get traffic, of a Node that it runs Pods. */
export function isReady({ status }: WithConditions): boolean {
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}
