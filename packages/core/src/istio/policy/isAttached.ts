import { gatewayApiGroup } from "../../kinds/index.ts";
import { labelsMatch } from "../labels.ts";
import type { Workload } from "../workload.ts";

interface TargetRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** How a policy or an extension says which proxies it is for. */
export interface Attachment {
  /** That of the object. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly targetRefs: readonly TargetRef[];
}

/** As AuthorizationPolicy, RequestAuthentication and WasmPlugin write it. */
interface Targeted {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: TargetRef;
  readonly targetRefs?: readonly TargetRef[];
}

export function attachmentOf(
  namespace: string | undefined,
  { selector, targetRef, targetRefs = [] }: Targeted,
): Attachment {
  return {
    namespace: namespace ?? "default",
    labels: selector?.matchLabels ?? {},
    targetRefs: targetRefs.length === 0 && targetRef !== undefined ? [targetRef] : targetRefs,
  };
}

/** The label by which a pod is known as one of a gateway of the Gateway API. */
const gatewayNameLabel = "gateway.networking.k8s.io/gateway-name";

/**
 * Whether an object holds for a workload that sees its namespace. One with `targetRefs` is only for gateways of the Gateway API
 * in its own namespace (pilot/pkg/model/policyattachment.go, ShouldAttachPolicy).
 */
export function isAttached(
  { namespace, labels, targetRefs }: Attachment,
  workload: Pick<Workload, "namespace" | "labels">,
): boolean {
  if (targetRefs.length === 0) return labelsMatch(labels, workload.labels);
  const gateway = workload.labels[gatewayNameLabel];
  return (
    gateway !== undefined &&
    namespace === workload.namespace &&
    targetRefs.some(
      ({ group, kind, name, namespace: other = "" }) =>
        group === gatewayApiGroup &&
        kind === "Gateway" &&
        name === gateway &&
        (other === "" || other === workload.namespace),
    )
  );
}
