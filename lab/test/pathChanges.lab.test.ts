import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Target as Called, type Caller, pathChanges } from "@isthmus/core/reachability";
import { type TraceWorld, traceWorld } from "@isthmus/core/trace";
import { observe, type Target } from "@isthmus/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../src/index.ts";
import { type BookinfoService, bookinfoPaths, startBookinfo } from "./bookinfo.ts";
import { openLabTargets } from "./openLabTargets.ts";

/** What diff-paths says that a change does is what it does to calls: twenty objects of bookinfo's mesh that come and go. */

let home: string;
let lab: Lab;
let targets: ReadonlyMap<string, Target>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-path-changes-"));
  lab = await startLab({ home, clusters: 1 });
  targets = await openLabTargets(lab);
  await startBookinfo(lab, "cluster1");
});

afterAll(async () => {
  for (const target of targets?.values() ?? []) await target.close();
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

const callers = [
  "books/productpage-v1",
  "books/details-v1",
  "books/reviews-v1",
  "books/ratings-v1",
  "books/curl",
  "legacy/curl",
];
const services = Object.keys(bookinfoPaths) as BookinfoService[];

function policy(name: string, spec: string, { kind = "AuthorizationPolicy", namespace = "books" } = {}): string {
  return `{apiVersion: security.istio.io/v1, kind: ${kind}, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}`;
}

function networking(kind: string, spec: string): string {
  return `{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: changed, namespace: books}, spec: ${spec}}`;
}

const only = (app: string) => `selector: {matchLabels: {app: ${app}}}`;
const from = (account: string) => `from: [{source: {principals: [cluster.local/ns/books/sa/${account}]}}]`;

const changes: Readonly<Record<string, string>> = {
  "a caller is denied": policy("changed", `{${only("productpage")}, action: DENY, rules: [{${from("curl")}}]}`),
  "a method is allowed": policy(
    "changed",
    `{${only("reviews")}, rules: [{${from("bookinfo-productpage")}, to: [{operation: {methods: [POST]}}]}]}`,
  ),
  "one more caller is allowed": policy("changed", `{${only("details")}, rules: [{${from("curl")}}]}`),
  "a caller of another service is allowed": policy(
    "changed",
    `{${only("ratings")}, rules: [{${from("bookinfo-details")}}]}`,
  ),
  "everything is allowed": policy("changed", "{rules: [{}]}"),
  "a service is denied to all": policy("changed", `{${only("ratings")}, action: DENY, rules: [{}]}`),
  "what was refused before is denied": policy(
    "changed",
    "{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}",
  ),
  "a caller is denied in the whole mesh": policy(
    "changed",
    `{action: DENY, rules: [{${from("bookinfo-productpage")}}]}`,
    { namespace: "istio-system" },
  ),
  "mutual TLS is asked for": policy("default", "{mtls: {mode: STRICT}}", { kind: "PeerAuthentication" }),
  "mutual TLS is asked for by one": policy("changed", `{${only("productpage")}, mtls: {mode: STRICT}}`, {
    kind: "PeerAuthentication",
  }),
  "mutual TLS is switched off at one": policy("changed", `{${only("details")}, mtls: {mode: DISABLE}}`, {
    kind: "PeerAuthentication",
  }),
  "tokens are looked at where there are none": policy(
    "changed",
    `{${only("details")}, jwtRules: [{issuer: nobody, jwks: '{"keys":[]}'}]}`,
    { kind: "RequestAuthentication" },
  ),
  "callers use no TLS": networking("DestinationRule", "{host: reviews, trafficPolicy: {tls: {mode: DISABLE}}}"),
  "callers use TLS of their own": networking(
    "DestinationRule",
    "{host: details, trafficPolicy: {tls: {mode: SIMPLE}}}",
  ),
  "connections are limited": networking(
    "DestinationRule",
    "{host: ratings, trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: 100}}}}",
  ),
  "requests are aborted": networking(
    "VirtualService",
    "{hosts: [details], http: [{fault: {abort: {httpStatus: 503, percentage: {value: 100}}}, route: [{destination: {host: details}}]}]}",
  ),
  "a subset is missing": networking(
    "VirtualService",
    "{hosts: [ratings], http: [{route: [{destination: {host: ratings, subset: none}}]}]}",
  ),
  "a timeout is set": networking(
    "VirtualService",
    "{hosts: [reviews], http: [{timeout: 5s, route: [{destination: {host: reviews}}]}]}",
  ),
  "requests go elsewhere": networking(
    "VirtualService",
    "{hosts: [productpage], http: [{route: [{destination: {host: details}}]}]}",
  ),
  "a caller sees nothing": networking(
    "Sidecar",
    "{workloadSelector: {labels: {app: productpage}}, egress: [{hosts: [istio-system/*]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}",
  ),
};

async function world(): Promise<TraceWorld> {
  return traceWorld((await observe(targets)).observed);
}

/** Of each caller and service whether an app answers GET and POST, be it that it does not know the path. */
async function calls(): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    callers.map(async (caller) => {
      const urls = services.flatMap((service) =>
        ["GET", "POST"].map((method) => `-X ${method} http://${service}.books:9080${bookinfoPaths[service]}`),
      );
      const script = urls.map((url) => `curl -s -m 4 -o /dev/null -w '%{http_code} ' ${url}`).join("; ");
      const { stdout } = await lab.exec("cluster1", caller, ["sh", "-c", script], 60_000);
      const statuses = stdout.trim().split(" ");
      return services.map(
        (service, index) =>
          [
            `${caller} ${service}`,
            statuses
              .slice(2 * index, 2 * index + 2)
              .map((status) => ["200", "404"].includes(status))
              .join(),
          ] as const,
      );
    }),
  );
  return new Map(found.flat());
}

/** What three rounds in a row find, a second apart: also where nothing is to change, calls have to show that it does not. */
async function settledCalls(): Promise<ReadonlyMap<string, string>> {
  let last = await calls();
  for (let [alike, rounds] = [1, 1]; alike < 3 && rounds < 20; rounds++) {
    await sleep(1000);
    const next = await calls();
    alike = [...next].join() === [...last].join() ? alike + 1 : 1;
    last = next;
  }
  return last;
}

function nameOf({ namespace, workload }: Caller, { host }: Called): string {
  return `${namespace}/${workload.replace(/-\d+$/, "")} ${host.split(".")[0]}`;
}

/** Those of which a call is answered now and was not, or the other way round. */
function expectedChanges(before: TraceWorld, after: TraceWorld): readonly string[] {
  const isTarget = ({ host }: Called) => services.some((service) => host === `${service}.books.svc.cluster.local`);
  const names = pathChanges(before, after, { isTarget })
    .filter(({ kind }) => kind === "newly reached" || kind === "no longer reached")
    .flatMap(({ callers: own, target }) => own.map((caller) => nameOf(caller, target)));
  return [...new Set(names)].filter((name) => callers.includes(name.split(" ")[0] ?? "")).sort();
}

test("what is said of objects that come and go is what calls find", { timeout: 600_000 }, async () => {
  const wrong: string[] = [];
  let [before, was] = [await world(), await settledCalls()];
  let changed = 0;
  // All by `npm run reach`; half of them tell of most faults.
  const chosen = Object.entries(changes).filter((_, index) => process.env.PATH_CHANGES === "all" || index % 2 === 0);
  for (const [title, object] of chosen) {
    for (const way of ["comes", "goes"] as const) {
      if (way === "comes") await lab.apply("cluster1", object);
      else await lab.remove("cluster1", object);
      const after = await world();
      const expected = expectedChanges(before, after);
      const is = await settledCalls();
      const seen = [...is].flatMap(([name, status]) => (was.get(name) === status ? [] : [name])).sort();
      if (seen.join() !== expected.join())
        wrong.push(`${title}, ${way}: said ${expected.join(", ")}; seen ${seen.join(", ")}`);
      changed += seen.length;
      [before, was] = [after, is];
    }
  }
  console.info("changes", changed);

  expect(wrong).toEqual([]);
  expect(changed).toBeGreaterThan(2 * chosen.length);
});
