import type { KubeObject } from "../../src/index.ts";
import { parseManifests } from "../../src/manifests.ts";
import type { Call, ClusterName, Place, Scenario, ScenarioObject } from "./scenario.ts";

/** Objects and calls with placeholders: $id $idx (another name) $vip $cl $sv $gw $addr $tls $http $https $out $jwks $ca (see Place). */
export interface Recipe {
  readonly name: string;
  readonly reach: Scenario["reach"];
  readonly cluster1?: string;
  readonly cluster2?: string;
  /**
   * From cluster1's sleep unless told: `http://…` or `cl/plain http://…`, `cluster2 sv/sleep POST http://… name=value`;
   * `outside https://… cert=name claim.iss=…`. `resolve=address` is what the caller's DNS says.
   */
  readonly calls: readonly string[];
  readonly mesh?: string;
  readonly spread?: Scenario["spread"];
  readonly untrue?: Scenario["untrue"];
}

/** One thing that differs from the recipe. */
export interface Edit {
  /** `ServiceEntry`, or where there are several of a kind `Service#1` for the second; `*` adds. */
  readonly on: string;
  readonly cluster?: ClusterName;
  /** `spec.ports[0].number`; absent: the object goes. */
  readonly path?: string;
  /** Undefined: the field goes. Placeholders in texts are filled in. */
  readonly to?: unknown;
}

export interface Variant {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** Objects that come in addition, by cluster. */
  readonly cluster1?: string;
  readonly cluster2?: string;
  readonly calls?: readonly string[];
  readonly reach?: Scenario["reach"];
}

const rank = { names: 0, slot: 1, mesh: 2 } as const;

export function scenarioOf(recipe: Recipe, variant: Variant): Scenario {
  const reach = [recipe.reach, variant.reach ?? "names"].sort((a, b) => rank[b] - rank[a])[0] ?? "mesh";
  return {
    title: `${recipe.name}: ${variant.title}`,
    reach,
    objects: (place) => {
      const base = [...objectsIn(recipe, place), ...objectsIn(variant, place)];
      return edited(base, variant.edits, place);
    },
    calls: (place) => (variant.calls ?? recipe.calls).map((text) => parseCall(text, place)),
  };
}

function objectsIn(
  { cluster1 = "", cluster2 = "" }: { readonly cluster1?: string; readonly cluster2?: string },
  place: Place,
): readonly ScenarioObject[] {
  return (
    [
      ["cluster1", cluster1, place.client],
      ["cluster2", cluster2, place.server],
    ] as const
  ).flatMap(([cluster, text, namespace]) =>
    parseManifests(fill(text, place)).map((object) => ({
      cluster,
      object: { ...object, metadata: { namespace, ...object.metadata } },
    })),
  );
}

/** A whole little configuration, as it stands. */
export function written(recipe: Recipe): Scenario {
  const { name, reach, calls, mesh, spread, untrue } = recipe;
  return {
    title: name,
    reach: mesh === undefined ? reach : "mesh",
    ...(mesh === undefined ? {} : { mesh }),
    ...(spread === undefined ? {} : { spread }),
    ...(untrue === undefined ? {} : { untrue }),
    objects: (place) => objectsIn(recipe, place),
    calls: (place) => calls.map((text) => parseCall(text, place)),
  };
}

/** The Service of both versions of web at the server. */
export function serverService({ id, server }: Place): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: id, namespace: server },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 8000, targetPort: 8080, protocol: "TCP" }] },
  };
}

export function fill(text: string, place: Place): string {
  const values: Readonly<Record<string, string>> = {
    id: place.id,
    idx: `${place.id}x`,
    // An address that no other scenario has.
    vip: `240.1.${Number(place.id.slice(1)) >> 8}.${Number(place.id.slice(1)) & 255}`,
    cl: place.client,
    sv: place.server,
    gw: place.gateway,
    addr: place.gatewayAddress,
    tls: `${place.ports.tls}`,
    http: `${place.ports.http}`,
    https: `${place.ports.https}`,
    out: place.outside,
    jwks: place.keySet,
    ca: place.authorityFile,
  };
  return text.replace(
    /\$(idx|id|vip|cl|sv|gw|addr|tls|https|http|out|jwks|ca)(?![a-z])/g,
    (_, name: string) => values[name] ?? "",
  );
}

export function parseCall(text: string, place: Place): Call {
  const words = fill(text, place).split(/\s+/);
  const isOutside = words[0] === "outside";
  const cluster =
    words[0] === "cluster1" || words[0] === "cluster2" ? words.shift() : isOutside ? "cluster2" : "cluster1";
  const from = words[0]?.includes("://") ? `${place.client}/sleep` : (words.shift() ?? "");
  const method = words[0]?.includes("://") ? undefined : words.shift();
  const [url = "", ...rest] = words;
  const pairs = rest.map((each) => each.split(/=(.*)/).slice(0, 2) as [string, string]);
  const given = (key: string) => pairs.find(([name]) => name === key)?.[1];
  const [certificate, resolve] = [given("cert"), given("resolve")];
  const claims = pairs.flatMap(([name, value]) =>
    name.startsWith("claim.") ? [[name.slice(6), value.split(",")] as const] : [],
  );
  return {
    cluster: cluster as ClusterName,
    from,
    url,
    ...(method === undefined ? {} : { method }),
    headers: Object.fromEntries(pairs.filter(([name]) => !/^(cert|resolve|claim\..*)$/.test(name))),
    ...(certificate === undefined ? {} : { certificate }),
    ...(resolve === undefined ? {} : { resolve }),
    ...(claims.length === 0 ? {} : { claims: Object.fromEntries(claims) }),
  };
}

/** Objects with edits of theirs, placeholders filled in. */
export function edited(
  objects: readonly ScenarioObject[],
  edits: readonly Edit[],
  place: Place,
): readonly ScenarioObject[] {
  return edits.reduce<readonly ScenarioObject[]>((all, edit) => applyEdit(all, edit, place), objects);
}

function applyEdit(objects: readonly ScenarioObject[], edit: Edit, place: Place): readonly ScenarioObject[] {
  const [kind = "", nth = "0"] = edit.on.split("#");
  const ofKind = objects.filter(
    ({ cluster, object }) => object.kind === kind && (edit.cluster === undefined || edit.cluster === cluster),
  );
  const chosen = ofKind[Number(nth)];
  if (chosen === undefined) throw new Error(`no ${edit.on} to edit`);
  if (edit.path === undefined) return objects.filter((each) => each !== chosen);
  const to =
    typeof edit.to === "undefined"
      ? undefined
      : JSON.parse(fill(JSON.stringify(edit.to).replace(/"(\$(?:tls|https|http))"/g, "$1"), place));
  const object = structuredClone(chosen.object);
  setAt(object, edit.path, to);
  return objects.map((each) => (each === chosen ? { ...each, object } : each));
}

function setAt(object: object, path: string, value: unknown): void {
  const keys = path.split(/\.|\[(\d+)\]/).filter((key) => key !== undefined && key !== "");
  let at: Record<string, unknown> = object as Record<string, unknown>;
  for (const [index, key] of keys.slice(0, -1).entries()) {
    at[key] ??= /^\d+$/.test(keys[index + 1] ?? "") ? [] : {};
    at = at[key] as Record<string, unknown>;
  }
  const last = (keys.at(-1) ?? "").replaceAll("~", ".");
  if (value === undefined && Array.isArray(at)) at.splice(Number(last), 1);
  else if (value === undefined) delete at[last];
  else at[last] = value;
}
