import { expect, test } from "vitest";
import type { WireCall } from "../doctor/index.ts";
import type { Trace, TraceOutcome } from "../trace/index.ts";
import { compareWire } from "./index.ts";

const answered = {
  kind: "answered",
  by: { type: "workload", cluster: "c", namespace: "n", name: "w", port: 1 },
} as const;
const ok: WireCall = { exitCode: 0, status: 200, server: "envoy", body: "{}", error: "", seconds: 0.1 };
const denied = { ...ok, status: 403, body: "RBAC: access denied" };

function traceOf(...outcomes: readonly TraceOutcome[]): Trace {
  const from = { cluster: "c", namespace: "n", workload: "w" };
  const url = { scheme: "http", host: "a", port: 80, path: "/" } as const;
  return {
    request: { from, method: "GET", url, headers: {} },
    branches: outcomes.map((outcome) => ({ probability: 1 / outcomes.length, hops: [], outcome })),
    verdict: "partly",
    assumes: [],
  };
}

test.each<[boolean | undefined, readonly TraceOutcome[], WireCall]>([
  [true, [answered], ok],
  [true, [answered], { ...ok, status: 404, body: "not here" }],
  [false, [answered], denied],
  [true, [{ kind: "refused", status: 403 }], denied],
  [false, [{ kind: "refused", status: 403 }], ok],
  [false, [{ kind: "refused", status: 503 }], denied],
  [true, [answered, { kind: "refused", status: 403 }], denied],
  [true, [{ kind: "answered", by: { type: "proxy" }, status: 301 }], { ...ok, status: 301, body: "" }],
  [true, [{ kind: "no-such-host" }], { ...ok, exitCode: 6, status: 0 }],
  [false, [{ kind: "no-such-host" }], { ...ok, exitCode: 28, status: 0 }],
  [true, [{ kind: "timeout" }], { ...ok, exitCode: 28, status: 0 }],
  [true, [{ kind: "reset" }], { ...ok, exitCode: 56, status: 0 }],
  [true, [{ kind: "refused" }], { ...ok, exitCode: 52, status: 0 }],
  [undefined, [answered, { kind: "unknown", why: "it is hidden" }], denied],
])("a call is as its trace says: %s, %j", (isSame, outcomes, call) => {
  expect(compareWire(traceOf(...outcomes), call).isSame).toBe(isSame);
});

test("paper and wire are told in words", () => {
  expect(compareWire(traceOf({ kind: "refused", status: 403 }), ok)).toMatchObject({
    paper: "refused with 403",
    wire: "answered with 200",
  });
});
