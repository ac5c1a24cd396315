import { expect, test } from "vitest";
import { KubeError } from "../kubeError.ts";
import type { Timing } from "./timing.ts";
import { type RetryPolicy, wasNotTried, withRetries } from "./withRetries.ts";

const policy: RetryPolicy = { attempts: 4, firstPause: 100, longestPause: 250, total: 10_000 };

test("pauses are drawn up to a bound that doubles and then stays", async () => {
  const { timing, pauses } = dice(1);

  await expect(withRetries({ ...policy, attempts: 5 }, timing, undefined, failing(answer(503)))).rejects.toMatchObject({
    status: 503,
  });

  expect(pauses).toEqual([100, 200, 250, 250]);
});

test("jitter may draw any pause down to none", async () => {
  const { timing, pauses } = dice(0);

  await expect(withRetries(policy, timing, undefined, failing(answer(503)))).rejects.toThrow();

  expect(pauses).toEqual([0, 0, 0]);
});

test("a Retry-After is waited out, and some more", async () => {
  const { timing, pauses } = dice(0.5);

  const result = await withRetries(policy, timing, undefined, failing(answer(429, 2), 1));

  expect([result, pauses]).toEqual(["done", [2_050]]);
});

test("no try begins after the total is over", async () => {
  const { timing, pauses } = dice(0);

  await expect(withRetries(policy, timing, undefined, failing(answer(429, 6)))).rejects.toMatchObject({ status: 429 });

  expect(pauses).toEqual([6_000]);
});

test.each([400, 401, 403, 404, 409, 410, 422])("a %i is not tried again", async (status) => {
  const { timing, pauses } = dice(1);

  await expect(withRetries(policy, timing, undefined, failing(answer(status)))).rejects.toMatchObject({ status });

  expect(pauses).toEqual([]);
});

test.each(["ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT", "EAI_AGAIN"])(
  "%s is tried again",
  async (code) => {
    const { timing } = dice(0);

    expect(await withRetries(policy, timing, undefined, failing(Object.assign(new Error(code), { code }), 3))).toBe(
      "done",
    );
  },
);

test.each(["ENOTFOUND", "CERT_HAS_EXPIRED"])("%s is not tried again", async (code) => {
  const { timing, pauses } = dice(0);

  await expect(
    withRetries(policy, timing, undefined, failing(Object.assign(new Error(code), { code }))),
  ).rejects.toMatchObject({ code });

  expect(pauses).toEqual([]);
});

test("a 500 that says that the object fits no schema is not tried again", async () => {
  const { timing, pauses } = dice(0);
  const failure = new KubeError(call, {
    status: 500,
    reason: "",
    message: ".spec.bogus: field not declared in schema",
  });

  await expect(withRetries(policy, timing, undefined, failing(failure))).rejects.toBe(failure);

  expect(pauses).toEqual([]);
});

test("what must not be done twice is tried again only when the server did nothing", async () => {
  const { timing } = dice(0);

  const refused = await withRetries(policy, timing, undefined, failing(answer(429), 1), wasNotTried);
  const lost = withRetries(policy, timing, undefined, failing(answer(503), 1), wasNotTried);

  expect(refused).toBe("done");
  await expect(lost).rejects.toMatchObject({ status: 503 });
});

const call = { verb: "get", resource: "services" } as const;

function answer(status: number, retryAfter?: number): KubeError {
  return new KubeError(call, { status, reason: "", message: "", ...(retryAfter === undefined ? {} : { retryAfter }) });
}

function failing(failure: Error, times = Number.POSITIVE_INFINITY): (number: number) => Promise<string> {
  return async (number) => {
    if (number <= times) throw failure;
    return "done";
  };
}

function dice(random: number): { timing: Timing; pauses: number[] } {
  const pauses: number[] = [];
  let now = 0;
  const sleep = async (milliseconds: number) => {
    pauses.push(milliseconds);
    now += milliseconds;
  };
  return { timing: { now: () => now, random: () => random, sleep }, pauses };
}
