import { expect, test } from "vitest";
import type { HttpRetries } from "../istio/index.ts";
import { retryPolicy } from "../istio/upstream/index.ts";
import type { Attempt } from "./attempt.ts";
import type { TraceBranch, TraceOutcome } from "./traceResult.ts";
import { type Tried, tryAgain } from "./tryAgain.ts";

const answered: TraceOutcome = { kind: "answered", by: { type: "proxy" } };
const failed = (responseFlag: string): TraceOutcome => ({ kind: "refused", status: 503, responseFlag });
const untold: TraceOutcome = { kind: "unknown", why: "so" };

interface Options {
  readonly retries?: HttpRetries;
  readonly isHashed?: boolean;
  readonly isRelayed?: true;
}

/** One endpoint for each outcome, all alike in weight. */
function tries(outcomes: readonly TraceOutcome[], { retries, isHashed = false, isRelayed }: Options = {}) {
  const probability = 1 / outcomes.length;
  const all = outcomes.map((outcome): Tried => {
    const attempt: Attempt = {
      kind: "attempt",
      probability,
      pick: "outbound|80||a",
      hosts: 1,
      retries: retryPolicy(retries, { isHashed }),
      proxied: "http",
      caller: { workload: undefined, trustRoots: [] },
      destination: { kind: "address", address: "192.0.2.1", port: 80, isHostname: false },
      transport: { mode: "none" },
      payload: { kind: "http", version: "http1", method: "GET", authority: "a", path: "/", headers: {} },
      hops: [],
    };
    const branch: TraceBranch = { probability, hops: [], outcome, ...(isRelayed === undefined ? {} : { isRelayed }) };
    return { attempt, branches: [branch] };
  });
  return tryAgain(all).map((branch) => {
    const share = Math.round(branch.probability * 1000) / 1000;
    return `${share} ${branch.outcome.kind}${branch.isRetried === true ? " made up for" : ""}`;
  });
}

test("a connection that fails is made up for, one that is closed without an answer is not", () => {
  expect(tries([answered, failed("UF")])).toEqual(["0.5 answered", "0.5 refused made up for"]);
  expect(tries([answered, failed("UC")])).toEqual(["0.5 answered", "0.5 refused"]);
  expect(tries([answered, failed("UC")], { retries: { attempts: 2, retryOn: "reset" } })).toEqual([
    "0.5 answered",
    "0.5 refused made up for",
  ]);
});

test("an answer of 503 that comes through the proxy is not a failed connection of its own", () => {
  const relayed = { isRelayed: true } as const;

  expect(tries([answered, failed("UF")], relayed)[1]).toBe("0.5 refused");
  expect(tries([answered, failed("UF")], { ...relayed, retries: { attempts: 1, retryOn: "503" } })[1]).toBe(
    "0.5 refused made up for",
  );
});

test("where more endpoints fail than a proxy tries, a part of the failures is seen", () => {
  const four = [answered, failed("UF"), failed("UF"), failed("UF")];

  // Two further tries of the three endpoints that are left: the other two that fail, one after the other, in 1 of 3 cases.
  expect(tries(four).slice(0, 3)).toEqual(["0.25 answered", "0.167 refused made up for", "0.083 refused"]);
  expect(tries(four, { retries: { attempts: 3 } })[1]).toBe("0.25 refused made up for");
  expect(tries(four, { retries: { attempts: 1, retryIgnorePreviousHosts: false } }).slice(1, 3)).toEqual([
    "0.063 refused made up for",
    "0.188 refused",
  ]);
});

test("without another endpoint, with retries turned off, and where a hash binds requests, the failure is seen", () => {
  expect(tries([failed("UF")])).toEqual(["1 refused"]);
  expect(tries([answered, failed("UF")], { retries: {} })[1]).toBe("0.5 refused");
  expect(tries([answered, failed("UF")], { isHashed: true })[1]).toBe("0.5 refused");
});

test("whether an endpoint that cannot be told makes up for a failure cannot be told", () => {
  expect(tries([untold, failed("UF")])).toEqual(["0.5 unknown", "0.5 unknown"]);
});

test("a route may ask for any number of tries", () => {
  const attempts = 2_147_483_647;

  expect(tries([answered, failed("UF")], { retries: { attempts } })[1]).toBe("0.5 refused made up for");
  expect(tries([failed("UF"), failed("UF")], { retries: { attempts } })[1]).toBe("0.5 refused");
  expect(tries([answered, failed("UF")], { retries: { attempts, retryIgnorePreviousHosts: false } })[1]).toBe(
    "0.5 refused made up for",
  );
});
