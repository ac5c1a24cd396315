import { fullHost, type IstioCluster } from "../istio/index.ts";
import { mergedVirtualServices } from "../istio/scope/index.ts";
import type { VirtualService } from "../kinds/index.ts";

/** Where a route leads, with the place that says so. */
export interface Destination {
  readonly host: string;
  readonly subset: string | undefined;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  /** `spec.http[0].route[1].destination`. */
  readonly field: string;
  /** `copies`: what is mirrored, and nobody waits for. */
  readonly gets: "requests" | "copies" | "nothing";
}

/** All that the routes of a cluster name, also mirrors. */
export function destinationsOf(cluster: IstioCluster): readonly Destination[] {
  const placed = mergedVirtualServices(cluster).flatMap(({ http, tls, tcp }) => [...http, ...tls, ...tcp]);
  const routed = placed.flatMap(({ object, field, value: { route = [] } }) =>
    route.map(({ destination, weight = 0 }, index): Destination => {
      // The only one gets all, whatever its weight says.
      const gets = route.length > 1 && weight === 0 ? "nothing" : "requests";
      const { host = "", subset } = destination ?? {};
      return { host, subset, object, field: `${field}.route[${index}].destination`, gets };
    }),
  );
  return [...routed, ...cluster.all("VirtualService").flatMap((each) => mirrorsOf(cluster, each))];
}

function mirrorsOf({ settings }: IstioCluster, { metadata, spec }: VirtualService): readonly Destination[] {
  const { name, namespace = "default" } = metadata;
  return (spec.http ?? []).flatMap(({ mirror, mirrors = [] }, route) => {
    const named = [
      { to: mirror, field: "mirror" },
      ...mirrors.map(({ destination }, index) => ({ to: destination, field: `mirrors[${index}].destination` })),
    ];
    return named.flatMap(({ to, field }): readonly Destination[] =>
      to?.host === undefined
        ? []
        : [
            {
              host: fullHost(to.host, namespace, settings),
              subset: to.subset,
              object: { kind: "VirtualService", namespace, name },
              field: `spec.http[${route}].${field}`,
              gets: "copies",
            },
          ],
    );
  });
}
