import type { z } from "zod";
import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { type EmcoResource, emcoProblem, readFields } from "./emcoResource.ts";
import { appIntentSchema, groupSchema, keyValuesSchema, labelSchema, logicalCloudSchema } from "./emcoSchemas.ts";

export interface EmcoOptions {
  /** Where no logical cloud tells. */
  readonly namespace?: string;
  /** Clusters by app, in place of placement intents. */
  readonly clusters?: ReadonlyMap<string, readonly string[]>;
}

type Place = NonNullable<z.output<typeof appIntentSchema>["intent"]["anyOf"]>[number];

/** Which cluster an app runs in, which namespace, and how a cluster's gateway is reached: what the other resources tell. */
export class EmcoPlacement {
  readonly problems: Problem[] = [];
  readonly #options: EmcoOptions;
  readonly #places = new Map<string, Place[]>();
  readonly #labelled = new Map<string, Set<string>>();
  readonly #providers = new Map<string, string>();
  readonly #namespaces = new Map<string, string>();
  readonly #clouds = new Map<string, string>();
  readonly #keyValues = new Map<string, Map<string, string>>();

  constructor(resources: readonly EmcoResource[], options: EmcoOptions) {
    this.#options = options;
    for (const resource of resources) this.#add(resource);
  }

  /** The clusters of an app, as EMCO calls them; where nobody tells, a problem of the resource that asks. */
  clustersOf(app: string, asking: EmcoResource): readonly string[] {
    const given = this.#options.clusters?.get(app);
    if (given !== undefined) return given;
    const places = this.#places.get(`${groupOf(asking)} ${app}`) ?? [];
    const clusters = places.flatMap((place) => {
      const { cluster = place.clusterName, clusterLabel = place.clusterLabelName, clusterProvider = "" } = place;
      if (cluster !== undefined) {
        this.#providers.set(cluster, clusterProvider);
        return [cluster];
      }
      return [...(this.#labelled.get(`${clusterProvider} ${clusterLabel}`) ?? [])];
    });
    if (clusters.length === 0) {
      const label = places.map(({ clusterLabel, clusterLabelName }) => clusterLabel ?? clusterLabelName)[0];
      this.problems.push(
        emcoProblem(
          asking,
          "FIELD_MISSING",
          ["spec", "app"],
          label === undefined
            ? say`in which cluster app ${{ app }} runs is not said`
            : say`app ${{ app }} runs in the clusters with the label ${{ label }}, and no cluster of these files has it`,
          `--place ${app}=<cluster>, or give the files with its placement and the clusters' labels as well`,
        ),
      );
    }
    return [...new Set(clusters)].sort();
  }

  namespaceOf(asking: EmcoResource): string | undefined {
    const cloud = this.#clouds.get(groupOf(asking));
    const namespace = (cloud === undefined ? undefined : this.#namespaces.get(cloud)) ?? this.#options.namespace;
    if (namespace === undefined) {
      this.problems.push(
        emcoProblem(
          asking,
          "FIELD_MISSING",
          ["metadata", "name"],
          say`the namespace of the app is not said: EMCO takes it from the logical cloud`,
          "--namespace <name>, or give the files with the deployment intent group and its logical cloud as well",
        ),
      );
    }
    return namespace;
  }

  /** The provider of a cluster where the files tell; `provider1` of `provider1/cluster1`. */
  providerOf(cluster: string): string | undefined {
    const provider = this.#providers.get(cluster);
    return provider === "" ? undefined : provider;
  }

  keyValue(cluster: string, key: string): string | undefined {
    return this.#keyValues.get(cluster)?.get(key);
  }

  #add(resource: EmcoResource): void {
    const { kind, anchor = [], name } = resource;
    switch (kind) {
      case "app-intents": {
        const spec = this.#read(resource, ["spec"], appIntentSchema);
        if (spec === undefined) return;
        const { allOf = [], anyOf = [] } = spec.intent;
        const key = `${groupOf(resource)} ${spec.app}`;
        const places = [...allOf.flatMap(({ anyOf: some = [], ...place }) => [place, ...some]), ...anyOf];
        this.#places.set(key, [...(this.#places.get(key) ?? []), ...places]);
        return;
      }
      case "deployment-intent-groups": {
        const cloud = this.#read(resource, ["spec"], groupSchema)?.logicalCloud;
        if (cloud !== undefined) this.#clouds.set([...anchor, name].join("/"), `${anchor[1]} ${cloud}`);
        return;
      }
      case "logical-clouds": {
        const namespace = this.#read(resource, ["spec"], logicalCloudSchema)?.namespace;
        if (namespace !== undefined) this.#namespaces.set(`${anchor[1]} ${name}`, namespace);
        return;
      }
      case "labels": {
        // cluster-providers/{provider}/clusters/{cluster}/labels
        const [, provider = "", , cluster = ""] = anchor;
        const label = this.#read(resource, [], labelSchema)?.clusterLabel;
        if (label === undefined) return;
        const key = `${provider} ${label}`;
        this.#labelled.set(key, (this.#labelled.get(key) ?? new Set()).add(cluster));
        this.#providers.set(cluster, provider);
        return;
      }
      case "kv-pairs": {
        const [, , , cluster = ""] = anchor;
        const found = this.#keyValues.get(cluster) ?? new Map<string, string>();
        for (const pair of this.#read(resource, ["spec"], keyValuesSchema)?.kv ?? []) {
          for (const [key, value] of Object.entries(pair)) found.set(key, String(value));
        }
        this.#keyValues.set(cluster, found);
        return;
      }
      default:
    }
  }

  #read<Schema extends z.ZodType>(resource: EmcoResource, path: readonly string[], schema: Schema) {
    const { value, problems } = readFields(resource, path, schema);
    this.problems.push(...problems);
    return value;
  }
}

/** The deployment intent group that a resource belongs to: `projects/p/composite-apps/a/v1/deployment-intent-groups/g`. */
function groupOf({ anchor = [] }: EmcoResource): string {
  const index = anchor.indexOf("deployment-intent-groups");
  return anchor.slice(0, index + 2).join("/");
}
