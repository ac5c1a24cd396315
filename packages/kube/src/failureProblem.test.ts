import { kindEntry, MeshError, makeProblem, say } from "@isthmus/core";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { createKubeClient } from "./createKubeClient.ts";
import { failureProblem } from "./failureProblem.ts";
import { explainFailure } from "./http/explainFailure.ts";
import { KubeError, type KubeErrorAnswer } from "./kubeError.ts";

test("a kind that we may not read is CLUSTER_FORBIDDEN with verb and resource", async () => {
  const gateways = kindEntry("networking.istio.io", "Gateway");
  await using server = await startFakeApiServer();
  server.forbid(({ resource }) => resource === "gateways.networking.istio.io");
  const client = createKubeClient({ name: "one", server: server.url, user: {} });

  const failure = gateways && (await client.list(gateways).catch((caught: unknown) => caught));
  await client.close();

  expect(failureProblem(failure, "cluster1")).toMatchObject({
    code: "CLUSTER_FORBIDDEN",
    at: "cluster1: gateways.networking.istio.io",
    message: "cluster cluster1: we may not list gateways.networking.istio.io",
    hint: "Grant what isthmus needs: isthmus rbac cluster1 | kubectl --context cluster1 apply -f -",
  });
});

test.each([
  ["KIND_NOT_INSTALLED", { status: 404, reason: "NotFound" }],
  ["WRITE_FAILED", { status: 404, reason: "NotFound", isObjectMissing: true }],
  ["OBJECT_REFUSED", { status: 422, reason: "Invalid" }],
  ["OBJECT_REFUSED", { status: 400, reason: "BadRequest" }],
  ["OBJECT_REFUSED", { status: 500, reason: "", message: ".spec.bogus: field not declared in schema" }],
  ["PLAN_STALE", { status: 422, reason: "Invalid", causes: [{ field: "metadata.uid" }] }],
  ["PLAN_STALE", { status: 409, reason: "Conflict" }],
  ["OBJECT_NOT_OURS", { status: 409, reason: "Conflict", causes: [{ reason: "FieldManagerConflict" }] }],
  ["CLUSTER_UNREACHABLE", { status: 503, reason: "ServiceUnavailable" }],
  ["CLUSTER_UNREACHABLE", { status: 429, reason: "TooManyRequests" }],
])("%s stands for an answer %j", (code, answer: Partial<KubeErrorAnswer>) => {
  const call = { verb: "patch", resource: "services", namespace: "foo", name: "web" } as const;
  const failure = new KubeError(call, { status: 0, reason: "", message: "no", ...answer });

  expect(failureProblem(failure, "cluster1")).toMatchObject({ code, at: "cluster1: services foo/web" });
});

test.each([302, 400, 410, 418])(
  "an answer with %s to a read is not the API server's, and no failed write",
  (status) => {
    const call = { verb: "list", resource: "services" } as const;
    const failure = new KubeError(call, { status, reason: "", message: "no" });

    expect(failureProblem(failure, "cluster1")).toMatchObject({ code: "ANSWER_MALFORMED", severity: "pending" });
  },
);

test("a failure that was explained keeps its problem, and one that is none of the cluster's has none", () => {
  const problem = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster: "cluster1" },
    message: say`gone`,
    hint: "",
  });

  expect(failureProblem(new MeshError(problem), "cluster1")).toEqual(problem);
  expect(failureProblem(new DOMException("aborted", "AbortError"), "cluster1")).toBeUndefined();
});

test.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])(
  "%s is CLUSTER_UNREACHABLE, also as a cause or one of several",
  (code) => {
    const context = { cluster: "cluster1", server: "https://api.example" };
    const failure = Object.assign(new Error(code), { code });

    for (const each of [failure, new Error("outer", { cause: failure }), new AggregateError([failure])]) {
      expect(explainFailure(each, context)).toMatchObject({
        code: "CLUSTER_UNREACHABLE",
        message: `cluster cluster1: https://api.example does not answer (${code})`,
      });
    }
  },
);

test("a client certificate that has run out explains a TLS alert", () => {
  const failure = Object.assign(new Error("alert"), { code: "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED" });
  const context = { cluster: "cluster1", server: "https://api.example" };

  expect(explainFailure(failure, { ...context, clientExpired: "2026-01-01T00:00:00.000Z" })).toMatchObject({
    code: "CLUSTER_CERTIFICATE",
    message: "cluster cluster1: the client certificate of the kubeconfig expired at 2026-01-01T00:00:00.000Z",
  });
  expect(explainFailure(failure, context)).toMatchObject({ code: "CLUSTER_CERTIFICATE" });
});
