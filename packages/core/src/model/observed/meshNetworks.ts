import { fieldsOf, listOf } from "../../shape/index.ts";

/** One network of ConfigMap `istio`, key `meshNetworks`: pods of one reach each other, and those of others by gateways. */
export interface MeshNetwork {
  readonly name: string;
  /** Clusters, by istiod's names for them, whose pods are in it. */
  readonly registries: readonly string[];
  /** Ranges of addresses of pods that are in it. */
  readonly cidrs: readonly string[];
  readonly gateways: readonly {
    /** An address, or a Service of the gateway by its full name. */
    readonly address?: string;
    readonly service?: string;
    readonly port: number;
  }[];
}

/** Of the parsed YAML; fields of a wrong type count as absent. istio/api mesh/v1alpha1/network.proto */
export function meshNetworksOf(value: unknown): readonly MeshNetwork[] {
  return Object.entries(fieldsOf(fieldsOf(value).networks)).map(([name, network]) => {
    const { endpoints, gateways } = fieldsOf(network);
    const sources = listOf(endpoints).map(fieldsOf);
    return {
      name,
      registries: sources.flatMap(({ fromRegistry }) => textOf(fromRegistry) ?? []),
      cidrs: sources.flatMap(({ fromCidr }) => textOf(fromCidr) ?? []),
      gateways: listOf(gateways)
        .map(fieldsOf)
        .flatMap(({ address, registryServiceName, port }) => {
          const [at, service] = [textOf(address), textOf(registryServiceName)];
          if (typeof port !== "number" || (at === undefined && service === undefined)) return [];
          return [
            { ...(at === undefined ? {} : { address: at }), ...(service === undefined ? {} : { service }), port },
          ];
        }),
    };
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
