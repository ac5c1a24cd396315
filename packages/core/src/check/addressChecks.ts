import { say } from "../findings/index.ts";
import { gatewayAddresses, showHostPort } from "../istio/index.ts";
import { at, type MeshCluster } from "../model/index.ts";
import type { Problem } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { addressesInUse, contains, overlaps, rangesInUse } from "./addressRanges.ts";
import { type Check, judged, type MeshView, ofObjects, type Verdict } from "./check.ts";

/** istiod hands out addresses of it by itself (pilot/pkg/networking/serviceentry, IP auto-allocation). */
const istiodRange = "240.240.0.0/16";

export const addressChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "address-pool",
    category: "addresses",
    title: "the pool of virtual addresses is nobody else's",
    needs: ["objects-read"],
    run: ofObjects((_facts, view, { intents }) => {
      const pool = intents.mesh.spec.addressPool;
      const ranges = rangesInUse(view).filter(({ cidr }) => overlaps(pool, cidr));
      const used = ranges.length > 0 ? [] : addressesInUse(view).filter(({ address }) => contains(pool, address));
      const problems = [
        ...ranges.map(({ what, cidr }) => `${what} ${cidr}`),
        ...used.slice(0, 1).map(({ what }) => what),
      ].map(
        (what): Problem =>
          makeProblem({
            code: "VIP_POOL_OVERLAPS",
            at: at(intents.mesh, "spec", "addressPool"),
            message: say`the address pool ${{ pool }} overlaps ${what} of ${{ view: view.name }}`,
            hint: "choose a range that is routed nowhere, such as the default 240.0.0.0/16",
          }),
      );
      return judged(problems, pool);
    }),
  },
  {
    scope: "mesh",
    name: "address-pool-istiod",
    category: "addresses",
    title: "the pool of virtual addresses is not istiod's",
    needs: [],
    run: ({ intents }) => {
      const pool = intents.mesh.spec.addressPool;
      const problem: Problem = makeProblem({
        code: "VIP_POOL_INVALID",
        at: at(intents.mesh, "spec", "addressPool"),
        message: say`${{ pool }} overlaps ${{ istiodRange }}, from which istiod allocates by itself`,
        hint: "choose another range, such as the default 240.0.0.0/16",
      });
      return judged(overlaps(pool, istiodRange) ? [problem] : [], pool);
    },
  },
  {
    scope: "mesh",
    name: "gateway-shadowed",
    category: "addresses",
    title: "no gateway's address means something else in another cluster",
    needs: [],
    run: shadowedGateways,
  },
];

/** Pod and Service ranges may be the same in all clusters, since only gateways are called across; but not a gateway's own. */
function shadowedGateways({ clusters }: MeshView): Verdict {
  const gateways = clusters.flatMap(({ name, facts, declared }) => {
    const found = facts === undefined ? undefined : gatewayAddresses(facts, declared.spec.eastWestGateway, undefined);
    return found !== undefined && "addresses" in found ? [{ name, declared, addresses: found.addresses }] : [];
  });
  if (gateways.length === 0) return { skipped: "no gateway's address is known" };
  const problems = gateways.flatMap(({ name, declared, addresses }) =>
    clusters
      .filter((other) => other.name !== name)
      .flatMap((other) => {
        const inUse = addressesInUse(other);
        return addresses.flatMap(({ address, port, isHostname }): Problem[] => {
          const twin = gateways.find((each) => each.name === other.name)?.addresses;
          if (twin?.some((each) => each.address === address && each.port === port) === true) {
            return name < other.name
              ? [oneAddress({ declared, name, other: other.name }, showHostPort(address, port))]
              : [];
          }
          if (isHostname) return [];
          const what =
            rangesInUse(other).find(({ cidr }) => contains(cidr, address)) ??
            inUse.find((each) => each.address === address && (each.ports?.includes(port) ?? true));
          if (what === undefined) return [];
          return [
            makeProblem({
              code: "GATEWAY_ADDRESS_SHADOWED",
              at: at(declared, "spec", "eastWestGateway"),
              message: say`${{ address }} of the gateway of ${{ name }} lies in ${{ what: what.what }}${"cidr" in what ? ` ${what.cidr}` : ""} of ${{ other: other.name }}, so calls from there never leave it`,
              hint: "give `addresses` by which other clusters reach the gateway",
            }),
          ];
        });
      }),
  );
  return judged(problems, gateways.map(({ name }) => name).join(", "));
}

/** Which of the two a call ends at is not ours to say, and from within one of them it is that one. */
function oneAddress(
  { declared, name, other }: { readonly declared: MeshCluster; readonly name: string; readonly other: string },
  socket: string,
): Problem {
  return makeProblem({
    code: "GATEWAY_ADDRESS_SHADOWED",
    at: at(declared, "spec", "eastWestGateway"),
    message: say`${{ socket }} is the address of the gateways of ${{ name }} and ${{ other }}, so calls for one may end at the other`,
    hint: "give `addresses`, or a port, by which other clusters reach this cluster's gateway alone",
  });
}
