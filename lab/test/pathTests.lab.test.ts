import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Lab, startLab } from "../src/index.ts";
import { type BookinfoService, bookinfoPaths, startBookinfo } from "./bookinfo.ts";
import { isthmus } from "./isthmus.ts";

/**
 * A hundred PathTests over Istio's bookinfo with the policies of Istio's own task (authz-http), half of them wrong on purpose: what they
 * expect is written down from the policies' words, not from a trace, and the wire is asked as well.
 */

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-path-tests-"));
  lab = await startLab({ home, clusters: 1 });
  await startBookinfo(lab, "cluster1");
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const callers = ["productpage", "details", "reviews", "ratings", "curl", "legacy"] as const;

/** Who may GET what; nobody may do anything else. */
function isAllowed(caller: (typeof callers)[number], service: BookinfoService): boolean {
  if (service === "productpage") return true;
  return caller === (service === "ratings" ? "reviews" : "productpage");
}

function suite() {
  const requests = callers.flatMap((caller) =>
    (Object.keys(bookinfoPaths) as BookinfoService[]).flatMap((service) =>
      ["GET", "POST"].map((method) => {
        const isRight = method === "GET" && isAllowed(caller, service);
        // Without a sidecar nobody knows the caller.
        const known = caller === "legacy" ? { mutualTLS: false, identity: "none" } : { mutualTLS: true };
        return {
          name: `${caller}-${method.toLowerCase()}-${service}`,
          from:
            caller === "legacy" ? { workload: "curl", namespace: "legacy" } : { workload: caller, namespace: "books" },
          to: { url: `http://${service}.books:9080${bookinfoPaths[service]}`, method },
          right: isRight
            ? { reaches: { workload: service, namespace: "books" }, ...known }
            : { refused: { by: "policy", status: 403 } },
          wrong: isRight ? { refused: { by: "policy" } } : { reaches: {} },
        };
      }),
    ),
  );
  const nobody = ["curl", "details"].map((workload) => ({
    name: `${workload}-nowhere`,
    from: { workload, namespace: "books" },
    to: { url: "http://nowhere.books:9080/" },
    right: { refused: { by: "host" } },
    wrong: { refused: { by: "policy" } },
  }));
  const tests = [...requests, ...nobody].flatMap(({ name, right, wrong, ...test }) => [
    { name: `right-${name}`, ...test, expect: right },
    { name: `wrong-${name}`, ...test, expect: wrong },
  ]);
  return { apiVersion: "isthmus.io/v1alpha1", kind: "PathTestSuite", metadata: { name: "bookinfo" }, spec: { tests } };
}

test.for([
  ["on paper", []],
  ["and on the wire", ["--wire"]],
] as const)(
  "a hundred tests of bookinfo's policies, half of them wrong, are told apart %s",
  { timeout: 240_000 },
  async ([, options]) => {
    const file = join(home, "bookinfo.yaml");
    await writeFile(file, stringify(suite()));

    const run = await isthmus(home, lab.kubeconfig, "test", file, "--context", "cluster1", "-o", "json", ...options);

    const { summary, tests } = JSON.parse(run.stdout) as PathTests;
    const mistaken = tests.filter(({ name, verdict }) => verdict !== (name.includes("/right-") ? "pass" : "fail"));
    expect(mistaken).toEqual([]);
    expect(tests.flatMap(({ wire }) => wire?.differs ?? [])).toEqual([]);
    expect(summary).toMatchObject({ tests: 100, pass: 50, fail: 50, untold: 0, wire: 0 });
    expect(run.exitCode).toBe(1);
    if (options.length > 0)
      expect(tests.filter(({ wire }) => (wire?.calls ?? 0) === 0).map(({ name, wire }) => [name, wire])).toEqual([]);
  },
);

interface PathTests {
  readonly summary: object;
  readonly tests: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly wire?: { readonly differs: readonly unknown[]; readonly calls: number };
  }[];
}
