import { intents, observedOf, podYaml, sharedService } from "@isthmus/testkit";
import { expect, test } from "vitest";
import type { DeclaredPath } from "../model/compiled.ts";
import { brokenPaths, pathEffects } from "./pathEffects.ts";

const path: DeclaredPath = {
  owner: "SharedService.bar.httpbin",
  host: "httpbin.bar.svc.cluster.local",
  port: 8000,
  portName: "http",
  protocol: "HTTP",
  consumer: { cluster: "c1", namespace: "foo" },
  server: { cluster: "c1", namespace: "bar", service: "httpbin" },
  sni: "",
  identities: [],
};

const namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: foo, labels: {istio-injection: enabled}}}\n---\n";
const service = `{apiVersion: v1, kind: Service, metadata: {name: httpbin, namespace: bar}, spec: {clusterIP: 10.96.0.1, selector: {app: httpbin}, ports: [{name: http, port: 8000}]}}\n---\n`;
const works = namespace + service + podYaml("bar/httpbin", "10.0.0.2");
const otherPod = namespace + service + podYaml("bar/other", "10.0.0.3", { labels: { app: "httpbin" } });
const broken = namespace + service;

function effect(before: string, after: string) {
  const [found] = pathEffects({
    intents: intents([sharedService("bar/httpbin")]),
    paths: [path],
    before: observedOf({ c1: { yaml: before } }),
    after: observedOf({ c1: { yaml: after } }),
  });
  return found;
}

test.each([
  ["a path that works only afterwards is made", broken, works, "makes"],
  ["one that works before and after is kept", works, works, "keeps"],
  ["one that another pod answers is changed", works, otherPod, "changes"],
  ["one that works before only is broken", works, broken, "breaks"],
  ["one that works neither before nor after stays broken", broken, broken, "leaves broken"],
])("%s", (_, before, after, kind) => {
  expect(effect(before, after)?.kind).toBe(kind);
});

test("a plan that breaks a path is a problem that says why, and any other plan is none", () => {
  const breaking = effect(works, broken);
  const keeping = effect(works, works);

  expect(brokenPaths([...(breaking ? [breaking] : []), ...(breaking ? [breaking] : [])])).toMatchObject({
    code: "PATH_WOULD_BREAK",
    message: expect.stringMatching(
      /httpbin\.bar\.svc\.cluster\.local:8000 for c1\/foo, and 1 more: nothing serves port 8000/,
    ),
  });
  expect(brokenPaths(keeping ? [keeping] : [])).toBeUndefined();
});
