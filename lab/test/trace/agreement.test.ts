import type { Trace, TraceOutcome, TraceVerdict } from "@isthmus/core/trace";
import { expect, test } from "vitest";
import { agreementOf } from "./agreement.ts";
import type { Sighting } from "./sighting.ts";

const pod = (name: string): TraceOutcome => ({
  kind: "answered",
  by: { type: "workload", cluster: "cluster2", namespace: "sv1", name, port: 8080 },
});
const uc: TraceOutcome = { kind: "refused", status: 503, responseFlag: "UC" };

function traced(verdict: TraceVerdict, ...ends: readonly (readonly [number, TraceOutcome])[]): Trace {
  const request = {
    from: { cluster: "cluster2", namespace: "sv1", workload: "sleep" },
    method: "GET",
    url: { scheme: "http", host: "httpbin", port: 8000, path: "/env" },
    headers: {},
  } as const;
  const branches = ends.map(([probability, outcome]) => ({ probability, hops: [], outcome }));
  const blamed = {
    status: "broken",
    name: "endpoints",
    code: "TRACE_NOTHING_LISTENS",
    detail: "",
    source: "",
    fix: "",
  };
  return {
    request,
    branches,
    verdict,
    assumes: [],
    ...(verdict === "broken" ? { blamed: blamed as Trace["blamed"] & object } : {}),
  };
}

const answered: Sighting = { end: "answered", status: 200, by: "cluster2/web-v1-1" };
const refused: Sighting = { end: "refused", status: 503, flags: "UC", hops: ["endpoints"] };
const times = (count: number, sighting: Sighting) => Array.from({ length: count }, () => sighting);

test("an answer by an expected pod agrees, one by another pod does not", () => {
  const trace = traced("reaches", [1, pod("web-v1-1")]);

  expect(agreementOf({ trace, sightings: [answered] })).toEqual({ verdict: "agrees" });
  expect(agreementOf({ trace, sightings: [{ ...answered, by: "cluster1/web-1" }] }).verdict).toBe("disagrees");
});

test("status, flags and blame of a refusal are compared each for itself", () => {
  const trace = traced("broken", [1, uc]);
  const all = { verdict: "agrees", status: true, flags: true, blame: true } as const;

  expect(agreementOf({ trace, sightings: [refused] })).toEqual(all);
  expect(agreementOf({ trace, sightings: [{ ...refused, flags: "UF,URX" }] })).toEqual({ ...all, flags: false });
  expect(agreementOf({ trace, sightings: [{ ...refused, hops: ["route"] }] })).toEqual({ ...all, blame: false });
  expect(agreementOf({ trace, sightings: [{ end: "reset", hops: ["endpoints"] }] })).toEqual({
    verdict: "agrees",
    status: false,
    blame: true,
  });
});

test("of a closed connection the told flag is among those of the proxies on the way", () => {
  const trace = traced("broken", [1, { kind: "reset", responseFlag: "UF" }]);

  expect(agreementOf({ trace, sightings: [{ end: "reset", flags: "NR,UF" }] }).flags).toBe(true);
  expect(agreementOf({ trace, sightings: [{ end: "reset", flags: "UC" }] }).flags).toBe(false);
});

test("unknown is neither right nor wrong", () => {
  const trace = traced("unknown", [1, { kind: "unknown", why: "nobody knows" }]);

  expect(agreementOf({ trace, sightings: [refused] })).toEqual({ verdict: "unknown" });
});

test("partly agrees where the shares do, and only after calls enough", () => {
  const trace = traced("partly", [0.5, pod("web-v1-1")], [0.5, uc]);
  const seen = (good: number, bad: number) =>
    agreementOf({ trace, sightings: [...times(good, answered), ...times(bad, refused)] }).verdict;

  expect(seen(21, 19)).toBe("agrees");
  expect(seen(38, 2)).toBe("disagrees");
  expect(seen(40, 0)).toBe("disagrees");
  expect(seen(1, 1)).toBe("disagrees");
});

test("what retries make up for is expected of those that answer", () => {
  const [good, bad] = traced("reaches", [0.5, pod("web-v1-1")], [0.5, uc]).branches;
  const trace = { ...traced("reaches"), branches: [good, { ...bad, isRetried: true }] as Trace["branches"] };

  expect(agreementOf({ trace, sightings: times(40, answered), scenario: { spread: "pod" } })).toEqual({
    verdict: "agrees",
  });
});

test("shares of pods are compared where the scenario is about them", () => {
  const trace = traced("reaches", [0.5, pod("web-v1-1")], [0.5, pod("web-v2-1")]);
  const other = { ...answered, by: "cluster2/web-v2-1" };

  expect(agreementOf({ trace, sightings: times(40, answered) })).toEqual({ verdict: "agrees" });
  expect(agreementOf({ trace, sightings: times(40, answered), scenario: { spread: "pod" } }).spread).toBe(false);
  expect(
    agreementOf({ trace, sightings: [...times(18, answered), ...times(22, other)], scenario: { spread: "pod" } })
      .spread,
  ).toBe(true);
});

test("what fails for something that trace said it rests on is counted for itself", () => {
  const trace: Trace = {
    ...traced("reaches", [1, pod("web-v1-1")]),
    assumes: [{ about: "server", detail: "10.0.0.1:80 answers" }],
  };

  expect(agreementOf({ trace, sightings: [refused], scenario: { untrue: ["server"] } })).toEqual({
    verdict: "assumed",
  });
  expect(agreementOf({ trace, sightings: [refused], scenario: { untrue: ["credential"] } }).verdict).toBe("disagrees");
});

test("what a retry makes up for may fail as often as Envoy draws the same endpoint again, and no more", () => {
  const found = traced("reaches", [0.5, pod("web-v1-1")], [0.5, uc]);
  const trace = {
    ...found,
    branches: found.branches.map((each, at) => (at === 1 ? { ...each, isRetried: true as const } : each)),
  };
  const verdictOf = (failed: number, of: Trace) =>
    agreementOf({ trace: of, sightings: [...times(40 - failed, answered), ...times(failed, refused)] }).verdict;

  expect([0, 1, 2].map((failed) => verdictOf(failed, trace))).toEqual(["agrees", "agrees", "disagrees"]);
  expect(verdictOf(1, traced("reaches", [1, pod("web-v1-1")]))).toBe("disagrees");
});
