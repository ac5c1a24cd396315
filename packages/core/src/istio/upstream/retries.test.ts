import { expect, test } from "vitest";
import { isRetried, retryPolicy, type UpstreamFailure } from "./retries.ts";

const connect: UpstreamFailure = { kind: "connect" };
const reset: UpstreamFailure = { kind: "reset" };
const response = (status: number, isGrpc = false): UpstreamFailure => ({ kind: "response", status, isGrpc });

function retried(retryOn: string | undefined, failure: UpstreamFailure): boolean {
  const policy = retryPolicy(retryOn === undefined ? undefined : { attempts: 3, retryOn });
  return policy !== undefined && isRetried(policy, failure);
}

test("by default a failed connection is tried again, and one that is closed later is not", () => {
  expect(retryPolicy(undefined)).toMatchObject({ retries: 2, avoidsPreviousHosts: true, staysAtHost: false });
  expect(retried(undefined, connect)).toBe(true);
  expect(retried(undefined, reset)).toBe(false);
  expect(retried(undefined, response(503))).toBe(false);
});

test.each([
  ["reset", [true, true, false, false]],
  ["5xx", [true, true, true, false]],
  ["gateway-error", [true, true, true, false]],
  ["connect-failure", [true, false, false, false]],
  ["503", [false, false, true, false]],
  ["403, reset", [true, true, false, true]],
  ["retriable-4xx", [false, false, false, false]],
])("retryOn %s holds for a failed connection, a closed one, 503 and 403: %j", (retryOn, expected) => {
  const found = [connect, reset, response(503), response(403)].map((failure) => retried(retryOn, failure));

  expect(found).toEqual(expected);
});

test("of a gRPC call the proxy sees the status of gRPC", () => {
  expect(retried(undefined, response(503, true))).toBe(true);
  expect(retried(undefined, response(403, true))).toBe(false);
  expect(retried("503", response(503, true))).toBe(false);
});

test("retries without attempts turn them off, and a hash binds them to one endpoint", () => {
  expect(retryPolicy({})).toBeUndefined();
  expect(retryPolicy({ attempts: 0 })).toBeUndefined();
  expect(retryPolicy({ attempts: 1, retryIgnorePreviousHosts: false })).toMatchObject({ avoidsPreviousHosts: false });
  expect(retryPolicy(undefined, { isHashed: true })).toMatchObject({ staysAtHost: true, avoidsPreviousHosts: false });
});
