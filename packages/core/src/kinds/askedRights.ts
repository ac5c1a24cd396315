import { catalog } from "./catalog.ts";
import { type Right, type RightPurpose, type RightVerb, rightsOf } from "./rights.ts";

/** One verb on one resource, as a SelfSubjectAccessReview asks for it. Without a namespace: in all of them. */
export interface AskedRight {
  readonly purpose: RightPurpose;
  /** Without it nothing can be said about the cluster, or nothing be written. */
  readonly needed: boolean;
  readonly verb: RightVerb;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** The rights that our commands use, one by one. */
export function askedRights(purposes: readonly RightPurpose[], istioNamespace: string): readonly AskedRight[] {
  return rightsOf(purposes).flatMap((right) =>
    right.verbs.flatMap((verb) =>
      (right.names ?? [undefined]).map((name) => ({
        purpose: right.purpose,
        needed: right.purpose === "write" || isNeeded(right),
        verb,
        group: right.group,
        resource: right.resource,
        ...(right.scope === "istio" ? { namespace: istioNamespace } : {}),
        ...(name === undefined ? {} : { name }),
      })),
    ),
  );
}

function isNeeded({ purpose, group, resource }: Right): boolean {
  return (
    purpose === "observe" &&
    catalog.some((entry) => entry.group === group && entry.plural === resource && entry.read === "needed")
  );
}
