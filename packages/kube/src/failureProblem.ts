import { MeshError, makeProblem, type Place, type Problem, type ProblemCode, type Sentence, say } from "@isthmus/core";
import { KubeError } from "./kubeError.ts";

/**
 * What a failure of a `KubeClient` call means for the user, undefined where it is not a failure of the cluster's (an abort, a bug).
 * - 403: CLUSTER_FORBIDDEN, with verb and resource; 404 for a kind: KIND_NOT_INSTALLED;
 * - 400, 413, 422: OBJECT_REFUSED, with the fields; PLAN_STALE where the uid is another; 409: PLAN_STALE where the object moved, OBJECT_NOT_OURS where another
 *   manager owns a field; 429 and 5xx: CLUSTER_UNREACHABLE; anything else that the server answers: WRITE_FAILED;
 * - anything else that it answers to a read: ANSWER_MALFORMED.
 */
export function failureProblem(failure: unknown, cluster: string): Problem | undefined {
  if (failure instanceof MeshError) return failure.problem;
  if (!(failure instanceof KubeError)) return undefined;
  const { code, message, hint } = explain(failure, cluster);
  return makeProblem({
    code,
    at: placeOf(failure, cluster),
    message: say`cluster ${{ cluster }}: ${message}`,
    hint,
  });
}

interface Explanation {
  readonly code: ProblemCode;
  readonly message: Sentence;
  readonly hint: string;
}

function explain(error: KubeError, cluster: string): Explanation {
  const { call, status, message } = error;
  if (status === 403) {
    const where = call.namespace === undefined ? "" : say` in namespace ${{ namespace: call.namespace }}`;
    const verb = call.verb === "patch" ? "patch (and create)" : call.verb;
    // What goes may be of a kind that no declaration needs any longer.
    const removing = call.verb === "delete" ? " --all-kinds" : "";
    return {
      code: "CLUSTER_FORBIDDEN",
      message: say`we may not ${{ verb }} ${{ resource: call.resource }}${where}`,
      hint: `Grant what isthmus needs: isthmus rbac ${cluster}${removing} | kubectl --context ${cluster} apply -f -`,
    };
  }
  if (status === 404 && !error.isObjectMissing) {
    return {
      code: "KIND_NOT_INSTALLED",
      message: say`the API server does not serve ${{ resource: call.resource }}`,
      hint: call.resource.endsWith(".istio.io") ? "Install Istio, or its CRDs of a version from 1.22 on." : "",
    };
  }
  if (status < 500 && status !== 429 && ["get", "list", "watch"].includes(call.verb)) {
    return {
      code: "ANSWER_MALFORMED",
      message: say`what stands for the API server answers with ${{ status }} to ${{ verb: call.verb }} ${{ resource: call.resource }}: ${{ reason: message }}`,
      hint: "Correct the server's address in the kubeconfig, or see to what answers in its place: a login page, a proxy.",
    };
  }
  if (error.causes.some((cause) => cause.field === "metadata.uid")) {
    return {
      code: "PLAN_STALE",
      message: say`the object was replaced meanwhile: ${{ reason: message }}`,
      hint: "Plan again.",
    };
  }
  if (error.isInvalid) {
    return {
      code: "OBJECT_REFUSED",
      message: say`the API server refuses the object: ${{ reason: message }}`,
      hint: "",
    };
  }
  if (status === 409 && error.causes.some((cause) => cause.reason === "FieldManagerConflict")) {
    return {
      code: "OBJECT_NOT_OURS",
      message: say`another field manager owns what we write: ${{ reason: message }}`,
      hint: "Look at it with kubectl get -o yaml --show-managed-fields.",
    };
  }
  if (status === 409) {
    return {
      code: "PLAN_STALE",
      message: say`the object changed meanwhile: ${{ reason: message }}`,
      hint: "Plan again.",
    };
  }
  if (status === 429 || status >= 500) {
    return {
      code: "CLUSTER_UNREACHABLE",
      message: say`the API server answers with ${{ status }}: ${{ reason: message }}`,
      hint: "Try again once it is well.",
    };
  }
  return {
    code: "WRITE_FAILED",
    message: say`the API server answers with ${{ status }}: ${{ reason: message }}`,
    hint: "",
  };
}

function placeOf({ call }: KubeError, cluster: string): Place {
  const { resource, namespace, name } = call;
  return {
    ...{ cluster, kind: resource },
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}
