import type { RequestEntry } from "./requestLog.ts";

export const accessReviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

interface Review {
  readonly spec: {
    readonly resourceAttributes: {
      readonly verb: string;
      readonly group?: string;
      readonly resource: string;
      readonly namespace?: string;
      readonly name?: string;
    };
  };
}

/** The answer to a SelfSubjectAccessReview: what the test forbids as a request is forbidden here as well. */
export function reviewAccess(review: Review, isForbidden: (request: RequestEntry) => boolean): object {
  const { verb, group = "", resource, namespace, name } = review.spec.resourceAttributes;
  const entry: RequestEntry = {
    method: "",
    path: "",
    userAgent: "",
    verb: verb as NonNullable<RequestEntry["verb"]>,
    resource: group === "" ? resource : `${resource}.${group}`,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    dryRun: false,
    write: 0,
    connection: 0,
  };
  return { ...review, status: { allowed: !isForbidden(entry) } };
}
