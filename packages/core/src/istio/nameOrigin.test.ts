import { expect, test } from "vitest";
import { defaultMeshConfig } from "../model/index.ts";
import { istioCluster } from "./istioClusters.ts";
import { type NameScheme, nameOrigin } from "./nameOrigin.ts";

const scheme: NameScheme = {
  templates: ["{service}.{namespace}.{cluster}", "{service}.{namespace}.mesh.acme.com"],
  clusters: new Set(["west", "prod", "eu", "cluster2"]),
  namespaces: new Set(["shop", "bar", "dev"]),
  services: new Set(["api", "httpbin", "db"]),
  resolving: new Set(["gateway.lab.test"]),
};

function originOf(name: string, settings: { clusterDomain?: string } = {}): string {
  const cluster = istioCluster(
    {
      name: "east",
      source: "live",
      objects: [],
      istiodVersions: [],
      trustRoots: [],
      meshConfig: defaultMeshConfig,
    },
    { scheme, mesh: { spec: settings } },
  );
  return nameOrigin(cluster, name);
}

test.each([
  ["a cluster's name ends it", "api.shop.west"],
  ["and is a domain of the world's too", "api.shop.prod"],
  ["a typo in the Service, the namespace or the cluster", "apii.shop.west", "api.shpo.west", "api.shop.wset"],
  ["a cluster's name with a digit, and a typo in it", "httpbin.bar.cluster2", "httpbin.bar.clustr2", "no.such.clustr2"],
  ["the suffix of a template, below a domain that may be real", "api.shop.mesh.acme.com", "apii.shop.mesh.acme.com"],
  ["short names of Services, which the world has domains for", "httpbin.bar", "nothing.bar", "db-0.db.shop"],
  ["Kubernetes' own domains", "api.nowhere.svc.cluster.local", "api.shop.svc", "api.shop.svc.clusterset.local"],
  ["one label, and domains that nobody can have", "api", "www.acme.test", "www.acme.example"],
])("of ours: %s", (_, ...names) => {
  expect(names.map((name) => originOf(name))).toEqual(names.map(() => "ours"));
});

test("names of the outside world are those of its domains, whatever clusters and namespaces are called", () => {
  const names = ["www.example.com", "example.dev.com", "my.app.dev", "acme.eu", "a.b.c.eu", "other.acme.com"];

  expect(names.map((name) => originOf(name))).toEqual(names.map(() => "outside"));
  expect(originOf("gateway.lab.test")).toBe("outside");
});

test.each([
  ["a private domain, as of a company's DNS", "vault.acme.corp", "ldap.acme.local"],
  ["the form of a template, with nothing in it that is there", "www.example.eu", "www.blog.mesh.acme.com"],
])("not to be told: %s", (_, ...names) => {
  expect(names.map((name) => originOf(name))).toEqual(names.map(() => "untold"));
});

test("the cluster's own domain is Kubernetes' alone", () => {
  expect(originOf("api.shop.svc.k8s.acme.com", { clusterDomain: "k8s.acme.com" })).toBe("ours");
  expect(originOf("ldap.acme.local", { clusterDomain: "k8s.acme.com" })).toBe("untold");
});
