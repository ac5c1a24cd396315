import { expect, test } from "vitest";
import { catalog } from "../kinds/index.ts";
import { type RbacOptions, rbacManifests } from "./rbacManifests.ts";

const options: RbacOptions = {
  name: "isthmus",
  subject: { kind: "ServiceAccount", name: "isthmus", namespace: "istio-system" },
  istioNamespace: "istio-system",
  access: "write",
  manageCa: false,
};

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** `Role istio-system: get configmaps(istio)` for each verb of each resource. */
function grants(given: RbacOptions): readonly string[] {
  return rbacManifests(given).flatMap(({ kind, metadata, ...rest }) => {
    const { rules = [] } = rest as { readonly rules?: readonly Rule[] };
    return rules.flatMap(({ apiGroups = [], resources = [], resourceNames, verbs }) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => {
          const name = `${resource}${apiGroups[0] === "" ? "" : `.${apiGroups[0]}`}${resourceNames === undefined ? "" : `(${resourceNames})`}`;
          return `${kind} ${metadata.namespace ?? "*"}: ${verb} ${name}`;
        }),
      ),
    );
  });
}

const changing = / (create|patch|delete|update|deletecollection|\*) /;

test("every kind of the catalog may be listed, and those that we write be written, in every namespace", () => {
  const granted = grants(options);

  const needed = catalog.flatMap(({ group, plural, write }) =>
    ["list", ...(write ? ["get", "create", "patch", "delete"] : [])].map(
      (verb) => `ClusterRole *: ${verb} ${plural}${group === "" ? "" : `.${group}`}`,
    ),
  );
  expect(granted).toEqual(expect.arrayContaining(needed));
  expect(granted.filter((grant) => changing.test(grant)).filter((grant) => !needed.includes(grant))).toEqual([
    "ClusterRole *: create selfsubjectaccessreviews.authorization.k8s.io",
  ]);
});

test("what only looks may change nothing", () => {
  const granted = grants({ ...options, access: "read" });

  expect(granted.filter((grant) => changing.test(grant))).toEqual([
    "ClusterRole *: create selfsubjectaccessreviews.authorization.k8s.io",
  ]);
});

test("no Secret may be touched but cacerts, in Istio's namespace, where the CA is managed", () => {
  const secrets = (given: RbacOptions) => grants(given).filter((grant) => grant.includes("secrets"));

  expect(secrets(options)).toEqual([]);
  expect(secrets({ ...options, access: "read", manageCa: true })).toEqual([
    "Role istio-system: get secrets(cacerts)",
    "Role istio-system: create secrets(cacerts)",
    "Role istio-system: patch secrets(cacerts)",
  ]);
});

test("a rotation reads metrics of pods in every namespace, beside the Secret, and writes nothing else for it", () => {
  const without = grants({ ...options, access: "read", manageCa: true });
  const granted = grants({ ...options, access: "read", rotateCa: true });

  expect(granted.filter((grant) => !without.includes(grant))).toEqual(["ClusterRole *: get pods/proxy"]);
  expect(without.filter((grant) => !granted.includes(grant))).toEqual([]);
});

test("probes need tokens of service accounts and a way to istiod, and only the doctor goes into pods", () => {
  const without = grants({ ...options, access: "read" });
  const added = (given: Partial<RbacOptions>) =>
    grants({ ...options, access: "read", ...given }).filter((grant) => !without.includes(grant));

  const probe = [
    "ClusterRole *: create serviceaccounts/token",
    "Role istio-system: get pods/portforward",
    "Role istio-system: create pods/portforward",
  ];
  expect(added({ probe: true })).toEqual(probe);
  expect(added({ doctor: true }).toSorted()).toEqual(
    [
      ...probe,
      ...["exec", "portforward"].flatMap((each) => [
        `ClusterRole *: create pods/${each}`,
        `ClusterRole *: get pods/${each}`,
      ]),
    ].toSorted(),
  );
  const inPods = added({ doctor: true });
  expect(added({ ephemeral: true }).filter((grant) => !inPods.includes(grant))).toEqual([
    "ClusterRole *: patch pods/ephemeralcontainers",
  ]);
  expect(added({ probe: true, namespaces: ["foo"] })).toEqual([
    ...probe.slice(1),
    "Role foo: create serviceaccounts/token",
  ]);
});

test("the Secrets beside the gateway that we issue may be touched where the CA is managed, by name", () => {
  const credentials = { namespace: "gateways", names: ["b", "a"] };
  const secrets = (given: RbacOptions) => grants(given).filter((grant) => grant.includes("Role gateways"));

  expect(secrets({ ...options, credentials })).toEqual([]);
  expect(secrets({ ...options, manageCa: true, credentials: { ...credentials, names: [] } })).toEqual([]);
  expect(secrets({ ...options, manageCa: true, credentials })).toEqual([
    "Role gateways: get secrets(a,b)",
    "Role gateways: create secrets(a,b)",
    "Role gateways: patch secrets(a,b)",
  ]);
});

test("where cert-manager signs, who manages certificates may ask it, in those namespaces", () => {
  const requests = (given: RbacOptions) => grants(given).filter((grant) => grant.includes("certificaterequests"));
  const signing = ["edge"];

  expect(requests({ ...options, signing })).toEqual([]);
  expect(requests({ ...options, manageCa: true, signing })).toEqual(
    ["get", "create", "patch", "delete"].map((verb) => `Role edge: ${verb} certificaterequests.cert-manager.io`),
  );
});

test("where namespaces are named, writing is allowed there by Roles and nowhere else", () => {
  const granted = grants({ ...options, namespaces: ["bar", "istio-system"] });

  const writes = granted.filter((grant) => changing.test(grant) && !grant.includes("selfsubject"));
  expect(new Set(writes.map((grant) => grant.split(":")[0]))).toEqual(new Set(["Role bar", "Role istio-system"]));
  expect(writes).toContain("Role bar: patch services");
});

test("a user or group gets the same roles without an account being made", () => {
  const manifests = rbacManifests({ ...options, subject: { kind: "Group", name: "platform" } });

  const subject = { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "platform" };
  expect(manifests.map(({ kind }) => kind)).toEqual(["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]);
  expect(manifests[1]).toMatchObject({ subjects: [subject], roleRef: { kind: "ClusterRole", name: "isthmus" } });
  expect(manifests[3]).toMatchObject({ metadata: { namespace: "istio-system" }, subjects: [subject] });
});

test("only the controller may watch: every kind of the catalog, and two ConfigMaps by name", () => {
  const watched = (given: RbacOptions) => grants(given).filter((grant) => grant.includes(": watch "));

  expect(watched(options)).toEqual([]);
  expect(watched({ ...options, controller: true }).toSorted()).toEqual(
    [
      ...catalog.map(({ group, plural }) => `ClusterRole *: watch ${plural}${group === "" ? "" : `.${group}`}`),
      "Role istio-system: watch configmaps(istio-ca-root-cert,istio)",
    ].toSorted(),
  );
});
