import { type KubeObject, networkingApiVersion, ownershipLabels, type Side } from "@isthmus/core";
import fc from "fast-check";

/** For each cluster what it should hold. */
export type ClusterObjects = ReadonlyMap<string, readonly KubeObject[]>;

export const clusterNames = ["c1", "c2", "c3"] as const;
const ownerNames = ["SharedService.a.x", "SharedService.a.y", "SharedService.b.x"] as const;

interface Ownership {
  readonly owner: string;
  readonly side: Side;
  /** Part of the object's name, so that an owner can have several of a kind. */
  readonly slot: string;
}

function meshObject(kind: string, { owner, side, slot }: Ownership, spec: unknown): KubeObject {
  const name = `${owner.toLowerCase().replaceAll(".", "-")}-${slot}`;
  const apiVersion = kind === "Service" ? "v1" : networkingApiVersion;
  return { apiVersion, kind, metadata: { name, namespace: "n", labels: ownershipLabels(owner, side) }, spec };
}

const port = fc.record({ port: fc.integer({ min: 80, max: 83 }), protocol: fc.constantFrom("TCP", "UDP") });
const addresses = fc.array(
  fc.integer({ min: 1, max: 3 }).map((last) => `10.0.0.${last}`),
  { minLength: 1, maxLength: 3 },
);

const gatewaySpec = fc.record({
  selector: fc.constant({ istio: "gateway" }),
  servers: fc.array(fc.record({ port }), { maxLength: 2 }),
});
const ruleSpec = fc.record(
  {
    host: fc.constant("x.a"),
    trafficPolicy: fc.record({ tls: fc.record({ mode: fc.constant("ISTIO_MUTUAL"), sni: fc.constantFrom("s", "t") }) }),
    exportTo: fc.constant(["."]),
  },
  { requiredKeys: ["host"] },
);
const workloadSpec = fc.record(
  {
    address: addresses.map(([first]) => first),
    ports: fc.dictionary(fc.constantFrom("http", "tcp"), fc.constant(15443)),
    weight: fc.nat(3),
  },
  { requiredKeys: ["address"] },
);
const serviceSpec = fc.record({
  selector: fc.dictionary(fc.constantFrom("app", "version"), fc.constantFrom("v1", "v2"), { minKeys: 1 }),
  ports: fc
    .uniqueArray(port, {
      minLength: 1,
      maxLength: 3,
      selector: ({ port: number, protocol }) => `${number}/${protocol}`,
    })
    .map((ports) => ports.map((entry) => ({ name: `p${entry.port}`, ...entry }))),
});
const entrySpec = fc.record(
  {
    hosts: fc.constant(["x.a"]),
    endpoints: addresses.map((all) => all.map((address) => ({ address, ports: { http: 15443 } }))),
    ports: fc.uniqueArray(fc.record({ name: fc.constantFrom("http", "tcp"), number: fc.nat(3) }), {
      selector: ({ name }) => name,
    }),
    resolution: fc.constant("STATIC"),
  },
  { requiredKeys: ["hosts", "endpoints"] },
);

/** Each object of an owner in a cluster is there or not, with one spec or another. */
function ownerObjects(owner: string): fc.Arbitrary<readonly KubeObject[]> {
  const server = (slot: string) => ({ owner, slot, side: "server" }) as const;
  const consumer = (slot: string) => ({ owner, slot, side: "consumer" }) as const;
  const slots: readonly fc.Arbitrary<KubeObject>[] = [
    gatewaySpec.map((spec) => meshObject("Gateway", server("0"), spec)),
    gatewaySpec.map((spec) => meshObject("Gateway", server("1"), spec)),
    ruleSpec.map((spec) => meshObject("DestinationRule", consumer("0"), spec)),
    workloadSpec.map((spec) => meshObject("WorkloadEntry", consumer("0"), spec)),
    workloadSpec.map((spec) => meshObject("WorkloadEntry", consumer("1"), spec)),
    serviceSpec.map((spec) => meshObject("Service", consumer("0"), spec)),
    entrySpec.map((spec) => meshObject("ServiceEntry", consumer("0"), spec)),
  ];
  return fc
    .tuple(...slots.map((slot) => fc.option(slot, { nil: undefined })))
    .map((objects) => objects.filter((object) => object !== undefined));
}

/** What three clusters should hold for up to three owners. Two draws share names, so they differ in all ways there are. */
export function clusterObjects(): fc.Arbitrary<ClusterObjects> {
  const owners = fc.subarray([...ownerNames]);
  const inCluster = owners.chain((chosen) => fc.tuple(...chosen.map(ownerObjects))).map((parts) => parts.flat());
  return fc
    .tuple(...clusterNames.map(() => inCluster))
    .map((all) => new Map(clusterNames.map((name, index) => [name, all[index] ?? []])));
}

const foreignSpec = fc.record({ hosts: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }) });

/** Objects that are not ours, some with labels of other tools. Their names never meet ours. */
export function foreignObjects(): fc.Arbitrary<readonly KubeObject[]> {
  const labels = fc.constantFrom(
    {},
    { "app.kubernetes.io/managed-by": "Helm" },
    { "isthmus.io/owner": "SharedService.a.x" },
  );
  const object = fc.tuple(fc.constantFrom("Gateway", "Service", "ServiceEntry", "Pod"), labels, foreignSpec);
  return fc.array(object, { maxLength: 4 }).map((all) =>
    all.map(([kind, own, spec], index) => ({
      apiVersion: kind === "Service" || kind === "Pod" ? "v1" : networkingApiVersion,
      kind,
      metadata: { name: `theirs-${index}`, namespace: "n", labels: own },
      spec,
    })),
  );
}
