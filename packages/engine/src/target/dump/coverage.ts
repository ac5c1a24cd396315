import { catalog, controllerKinds, type FilePlace, groupOf, type KindEntry } from "@isthmus/core";
import { type Fields, fieldsOf, missingKind, type UnreadableObject } from "@isthmus/core/shape";

/**
 * What a dump shows of a cluster. What an API server gave out has a `uid`, or is in a list with a `resourceVersion`: then the whole
 * is a dump, and the cluster may hold more than was asked for. Else it is manifests, what somebody wants a cluster to hold.
 */
export class Coverage {
  /** Kinds that were asked for: some are there, or a list says that there are none. By `group/Kind`. */
  readonly #shown = new Set<string>();
  /** Kinds of which a list is cut off. */
  readonly #cut = new Set<string>();
  /** What the cluster's CustomResourceDefinitions define, by `plural.group`. */
  readonly #defined = new Set<string>();
  #isDump = false;
  #holdsServices = false;
  #holdsApiServer = false;
  #holdsAllCustom = false;

  #authored: FilePlace | undefined;

  /** Where a manifest of a kind that is read lies beside what an API server gave out. */
  get authored(): FilePlace | undefined {
    return this.#isDump ? this.#authored : undefined;
  }

  /** No object, and no list. */
  get isEmpty(): boolean {
    return this.#shown.size === 0 && !this.#isDump;
  }

  get isDump(): boolean {
    return this.#isDump;
  }

  /** An object of any kind, as it was written. */
  addObject({ apiVersion, kind, metadata }: Fields): void {
    if (typeof apiVersion !== "string" || typeof kind !== "string") return;
    const { uid, namespace, name } = fieldsOf(metadata);
    if (typeof uid === "string" && uid !== "") this.#isDump = true;
    this.#shown.add(`${groupOf(apiVersion)}/${kind}`);
    if (apiVersion === "v1" && kind === "Service") {
      this.#holdsServices = true;
      this.#holdsApiServer ||= namespace === "default" && name === "kubernetes";
    }
    if (kind === "CustomResourceDefinition" && typeof name === "string") this.#defined.add(name);
  }

  /** A manifest that no API server gave out. */
  addAuthored(at: FilePlace): void {
    this.#authored ??= at;
  }

  /** A list, which may be empty. A file that is named for what was asked for tells which kind it is a list of. */
  addList({ apiVersion, kind, metadata }: Fields, file: string): void {
    const { resourceVersion, continue: rest } = fieldsOf(metadata);
    if (resourceVersion !== undefined) this.#isDump = true;
    const parts = file.split(/[/\\:]/);
    const stem = (parts.at(-1) ?? "").replace(/\.(ya?ml|json)$/i, "").toLowerCase();
    // What was asked for in one namespace shows nothing of others.
    if (parts.includes("namespaces")) return;
    if (stem === "crs" && parts.at(-2) === "cluster") this.#holdsAllCustom = true;
    const listed =
      typeof apiVersion === "string" && typeof kind === "string" && kind !== "List"
        ? `${groupOf(apiVersion)}/${kind.slice(0, -"List".length)}`
        : kindsOfFiles.get(stem);
    if (listed === undefined) return;
    if (typeof rest === "string" && rest !== "") this.#cut.add(listed);
    this.#shown.add(listed);
  }

  /** What stands for the kinds of which the dump does not show whether there are any; empty for manifests. */
  missing(): readonly UnreadableObject[] {
    if (!this.#isDump) return [];
    // Every cluster has this Service.
    const isOfSomeNamespaces = this.#holdsServices && !this.#holdsApiServer;
    return catalog.flatMap((entry) => {
      const kind = `${entry.group}/${entry.kind}`;
      if (this.#cut.has(kind)) return [missingKind(entry, "shows only a part of them")];
      if (!this.#isShown(entry)) return [missingKind(entry, "shows none: it does not say whether there are any")];
      if (isOfSomeNamespaces && entry.namespaced) return [missingKind(entry, "is of some namespaces only")];
      return [];
    });
  }

  #isShown({ group, kind, plural }: KindEntry): boolean {
    if (this.#shown.has(`${group}/${kind}`)) return true;
    // Where there are no Pods, what makes them stands for them.
    if (group === "" && kind === "Pod") return controllerKinds.some((each) => this.#shown.has(`apps/${each}`));
    const isDefined = this.#defined.has(`${plural}.${group}`);
    return (
      group !== "" && this.#defined.has("virtualservices.networking.istio.io") && (!isDefined || this.#holdsAllCustom)
    );
  }
}

/** By `sidecars` and `sidecars.networking.istio.io`: what `kubectl get` was asked for. */
const kindsOfFiles: ReadonlyMap<string, string> = new Map(
  catalog.flatMap(({ group, kind, plural }) => {
    const isOnly = catalog.every((other) => other.plural !== plural || other.group === group);
    const names = [...(isOnly ? [plural] : []), ...(group === "" ? [] : [`${plural}.${group}`])];
    return names.map((name) => [name, `${group}/${kind}`] as const);
  }),
);
