import { expect, test } from "vitest";
import { catalog, checkedKinds, configMapKind, ownershipLabels } from "../kinds/index.ts";
import { kindShapes } from "./__generated__/kindShapes.ts";
import { malformedProblem, readObject, unreadableOf } from "./readObject.ts";

const metadata = { name: "a", namespace: "shop" };
const peer = { group: "security.istio.io", kind: "PeerAuthentication" };
const entry = { group: "networking.istio.io", kind: "ServiceEntry" };

test("every kind that is read has a shape", () => {
  const kinds = [...catalog, ...checkedKinds, configMapKind].map(({ group, kind }) => `${group}/${kind}`);

  expect(kinds.filter((kind) => kindShapes[kind] === undefined)).toEqual([]);
});

test.each([
  ["security.istio.io", "PeerAuthentication"],
  ["security.istio.io", "AuthorizationPolicy"],
  ["security.istio.io", "RequestAuthentication"],
  ["networking.istio.io", "VirtualService"],
  ["networking.istio.io", "Sidecar"],
  ["networking.istio.io", "EnvoyFilter"],
  ["extensions.istio.io", "WasmPlugin"],
])("an object of %s/%s without spec is one with an empty spec, or refused as its kind has it", (group, kind) => {
  const { object, unreadable } = readObject({ group, kind }, { apiVersion: `${group}/v1`, kind, metadata });

  if (kind === "WasmPlugin") expect(unreadable?.fault).toBe("spec is missing");
  else expect(object).toEqual({ apiVersion: `${group}/v1`, kind, metadata, spec: {} });
});

test("a spec that is null is as absent", () => {
  const value = { apiVersion: "security.istio.io/v1", kind: "PeerAuthentication", metadata, spec: null };

  expect(readObject(peer, value).object).toEqual({ ...value, spec: {} });
});

test.each<[string, unknown, string]>([
  ["a word that does not exist", { metadata, spec: { mtls: { mode: "STRIKT" } } }, "spec.mtls.mode must be one of"],
  [
    "a port's mode as text",
    { metadata, spec: { portLevelMtls: { 8080: "STRICT" } } },
    "spec.portLevelMtls.8080 must be a mapping",
  ],
  ["a number as a label", { metadata: { ...metadata, labels: { a: 1 } } }, "metadata.labels.a must be text"],
  ["no name", { metadata: { namespace: "shop" } }, "metadata.name is missing"],
  ["a name with a slash", { metadata: { name: "a/b" } }, "metadata.name must be a DNS name in lower case"],
  ["no metadata", {}, "metadata is missing"],
  ["text", "PeerAuthentication", "it must be a mapping"],
])("an object with %s is left out, and it is told where the fault lies", (_, value, fault) => {
  const typed =
    typeof value === "string" ? value : { apiVersion: "security.istio.io/v1", kind: peer.kind, ...(value as object) };

  const { object, unreadable } = readObject(peer, typed);

  expect(object).toBeUndefined();
  expect(unreadable?.fault).toMatch(new RegExp(`^${fault.replace(/[.[\]]/g, "\\$&")}`));
});

test("of an object that is left out the parts that can be read are known", () => {
  const { unreadable } = readObject(entry, {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { ...metadata, labels: ownershipLabels("SharedService.bar.httpbin", "consumer") },
    spec: { hosts: ["httpbin.bar.west"], addresses: ["240.0.0.1", 5], resolution: "SOMEHOW" },
  });

  expect(unreadable).toEqual({
    ...entry,
    ...metadata,
    fault: expect.stringMatching(/^spec\.addresses\[1\] must be text, found the number 5 \(and 1 more\)$/),
    isOurs: true,
    owner: "SharedService.bar.httpbin",
    hosts: ["httpbin.bar.west"],
    selector: undefined,
    addresses: ["240.0.0.1"],
  });
});

test("hosts that cannot be read as a whole may be any", () => {
  expect(unreadableOf(entry, { spec: { hosts: ["a", 1] } }, "").hosts).toBeUndefined();
  expect(unreadableOf(entry, { spec: { host: "a" } }, "").hosts).toEqual(["a"]);
});

test("the finding names object, cluster, field and what Kubernetes wants", () => {
  const { unreadable } = readObject(peer, { apiVersion: "v1", kind: peer.kind, metadata, spec: { selector: "app" } });
  if (unreadable === undefined) throw new Error("it was read");

  expect(malformedProblem(unreadable, { cluster: "west" })).toMatchObject({
    code: "OBJECT_MALFORMED",
    at: "west: PeerAuthentication shop/a",
    message:
      'PeerAuthentication shop/a is left out, as it is not of its kind\'s form: spec.selector must be a mapping, found "app"',
    hint: "Correct the field; until then what may depend on the object cannot be told.",
  });
});
