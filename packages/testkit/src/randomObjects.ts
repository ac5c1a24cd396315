import { type KubeObject, networkingApiVersion, ownershipLabels, type Side } from "@isthmus/core";
import fc from "fast-check";

/** For each cluster what it should hold. */
export type ClusterObjects = ReadonlyMap<string, readonly KubeObject[]>;

export const clusterNames = ["c1", "c2", "c3"] as const;

/** A declaration, under one name or another. */
interface Declaration {
  readonly service: "x" | "y" | "z";
  readonly isRenamed: boolean;
}

interface Role {
  readonly declaration: Declaration;
  readonly side: Side;
  /** Part of the object's name, so that there can be several of a kind. */
  readonly slot: number;
}

/**
 * A server-side object is named for the declaration and a consumer-side one for the service: where the declaration is
 * renamed, the one is replaced and the other passes to a new owner.
 */
function meshObject(kind: string, { declaration, side, slot }: Role, spec: unknown): KubeObject {
  const { service, isRenamed } = declaration;
  const declared = isRenamed ? `${service}-renamed` : service;
  const metadata = {
    name: `${side === "server" ? declared : service}-${slot}`,
    namespace: "n",
    labels: ownershipLabels(`SharedService.n.${declared}`, side),
  };
  return { apiVersion: kind === "Service" ? "v1" : networkingApiVersion, kind, metadata, spec };
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

/** What one cluster holds for a declaration: each object is there or not, with one spec or another. */
function declaredObjects(declaration: Declaration): fc.Arbitrary<readonly KubeObject[]> {
  const server = (slot: number): Role => ({ declaration, side: "server", slot });
  const consumer = (slot: number): Role => ({ declaration, side: "consumer", slot });
  const objects: readonly fc.Arbitrary<KubeObject>[] = [
    gatewaySpec.map((spec) => meshObject("Gateway", server(0), spec)),
    gatewaySpec.map((spec) => meshObject("Gateway", server(1), spec)),
    ruleSpec.map((spec) => meshObject("DestinationRule", consumer(0), spec)),
    workloadSpec.map((spec) => meshObject("WorkloadEntry", consumer(0), spec)),
    workloadSpec.map((spec) => meshObject("WorkloadEntry", consumer(1), spec)),
    serviceSpec.map((spec) => meshObject("Service", consumer(0), spec)),
    entrySpec.map((spec) => meshObject("ServiceEntry", consumer(0), spec)),
  ];
  return fc
    .tuple(...objects.map((object) => fc.option(object, { nil: undefined })))
    .map((drawn) => drawn.filter((object) => object !== undefined));
}

/** What three clusters hold for up to three declarations. Two draws share names, so they differ in all ways there are. */
export function clusterObjects(): fc.Arbitrary<ClusterObjects> {
  const service = fc.constantFrom("x", "y", "z");
  const declarations = fc.uniqueArray(fc.record({ service, isRenamed: fc.boolean() }), {
    selector: (declaration) => declaration.service,
  });
  return declarations
    .chain((all) => fc.tuple(...clusterNames.map(() => fc.tuple(...all.map(declaredObjects)))))
    .map((clusters) => new Map(clusterNames.map((name, index) => [name, (clusters[index] ?? []).flat()])));
}

const foreignSpec = fc.record({ hosts: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }) });

/** Objects that are not ours, some with labels of other tools. Their names never meet ours. */
export function foreignObjects(): fc.Arbitrary<readonly KubeObject[]> {
  const labels = fc.constantFrom(
    {},
    { "app.kubernetes.io/managed-by": "Helm" },
    { "isthmus.io/owner": "SharedService.n.x" },
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
