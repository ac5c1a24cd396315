import type { FilePlace } from "../findings/index.ts";
import type { ClusterObject } from "../kinds/index.ts";
import type { Trace } from "../trace/index.ts";
import type { Expect, From, To } from "./pathTestSchema.ts";

/** One test, be it a PathTest or one of a PathTestSuite. */
export interface PathTest {
  /** `dev-cannot-pay`, or `payments/dev-cannot-pay` of suite `payments`. */
  readonly name: string;
  /** The PathTestSuite that it is of, or the PathTest itself. */
  readonly suite: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where it is written. */
  readonly at: FilePlace;
  readonly from: From;
  readonly to: To;
  readonly expect: Expect;
}

/** `untold`: nobody knows, or nothing was tested; it never counts as a pass. */
export type PathTestVerdict = "pass" | "fail" | "untold";

/** One request of a test, with what came of it. */
export interface PathTestExample {
  /** `sleep-7d9c-x2x9k.foo@cluster1` */
  readonly caller: string;
  /** `http://httpbin.bar:8000/get` */
  readonly url: string;
  readonly why: string;
  readonly trace: Trace;
  /** Of the trace's branches the one that decides. */
  readonly branch: number;
  /** Of its hops: those that it turns on. */
  readonly objects: readonly ClusterObject[];
}

/** How many requests of a test got what is expected, did not, and cannot be told. */
export interface PathTestCounts {
  readonly met: number;
  readonly unmet: number;
  readonly untold: number;
}

export interface PathTestResult {
  readonly test: PathTest;
  readonly verdict: PathTestVerdict;
  /** One sentence. */
  readonly why: string;
  readonly counts: PathTestCounts;
  /** The request that decides: the counterexample of a failed test, the first that cannot be told, else one that passes. */
  readonly example?: PathTestExample;
  /** Further counterexamples, by caller and URL; the first ten. */
  readonly others: readonly string[];
  /** What a pass rests on and no configuration shows. */
  readonly assumes: readonly string[];
  /** What came of its calls, where they were made. */
  readonly wire?: PathTestWire;
}

/** The requests of a test on the wire. */
export interface PathTestWire {
  readonly calls: number;
  /** Requests that were not made, or not compared: how many, by why. */
  readonly left: Readonly<Record<string, number>>;
  /** Calls that do otherwise than their trace says. */
  readonly differs: readonly WireDifference[];
}

export interface WireDifference {
  readonly caller: string;
  readonly url: string;
  readonly paper: string;
  readonly wire: string;
}

/** What a test run comes to: where nothing was tested it does not pass, nor where paper and wire differ. */
export function verdictOfResults(results: readonly Pick<PathTestResult, "verdict" | "wire">[]): PathTestVerdict {
  const isWrong = results.some(({ verdict, wire }) => verdict === "fail" || (wire?.differs.length ?? 0) > 0);
  if (isWrong) return "fail";
  return results.length === 0 || results.some(({ verdict }) => verdict === "untold") ? "untold" : "pass";
}
