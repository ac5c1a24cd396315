import { expect, test } from "vitest";
import { fullHost, parseServiceHost, serviceHost } from "./hostNames.ts";

const corporate = { clusterDomain: "corp.internal" };

test("names of Services end with the cluster's own domain", () => {
  expect(serviceHost("httpbin", "bar", corporate)).toBe("httpbin.bar.svc.corp.internal");
  expect(fullHost("httpbin", "bar", corporate)).toBe("httpbin.bar.svc.corp.internal");
  expect(parseServiceHost("httpbin.bar.svc.corp.internal", corporate)).toEqual({ name: "httpbin", namespace: "bar" });
});

test.each(["httpbin.bar.svc.cluster.local", "httpbin.bar.corp.internal", "a.httpbin.bar.svc.corp.internal", "httpbin"])(
  "%s is not a Service's name in a cluster of another domain",
  (host) => {
    expect(parseServiceHost(host, corporate)).toBeUndefined();
  },
);
