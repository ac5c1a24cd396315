import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import { type FilePlace, type Sentence, say, showPlace } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";

/** Aliases in one document. Each one is looked up among all anchors, so many of them would cost quadratic time. */
export const maxAliases = 1_000;
/** Nodes that the aliases of one document stand for: what a "billion laughs" file multiplies. */
export const maxAliasedNodes = 100_000;

type PlaceOf = (offset: number) => FilePlace;

export interface TreeCheck {
  readonly problems: readonly Problem[];
  /** Whether the document has a value in spite of the problems, so that its other mistakes can be told as well. */
  readonly hasValue: boolean;
  /** Whether all of them are about single keys, and the rest of the document is beyond doubt. */
  readonly isClear: boolean;
}

/**
 * What YAML allows and we do not: aliases that multiply or contain themselves, repeated keys, keys that are collections or nothing.
 * Messages quote the text's words only if it `quotes`. A number or true as a key is its text, as kubectl has it (sigs.k8s.io/yaml, convertToJSONableObject).
 */
export function checkTree(document: Document.Parsed, place: PlaceOf, quotes: boolean): TreeCheck {
  const walk = new TreeWalk(place, quotes);
  walk.sizeOf(document.contents);
  return { problems: walk.problems, hasValue: walk.hasValue, isClear: walk.isClear };
}

/** One pass over a document's nodes, in their order, as anchors are defined by it. */
class TreeWalk {
  readonly problems: Problem[] = [];
  hasValue = true;
  isClear = true;
  readonly #place: PlaceOf;
  readonly #quotes: boolean;
  /** Size of what an anchor stands for; undefined while we are inside of it. */
  readonly #anchors = new Map<string, number | undefined>();
  #aliases = 0;
  #aliased = 0;

  constructor(place: PlaceOf, quotes: boolean) {
    this.#place = place;
    this.#quotes = quotes;
  }

  /** The number of nodes with each alias expanded. */
  sizeOf(node: unknown): number {
    if (isAlias(node)) return this.#alias(node.source, offsetOf(node));
    if (!isMap(node) && !isSeq(node)) {
      if (isScalar(node) && node.anchor) this.#anchors.set(node.anchor, 1);
      return 1;
    }
    if (node.anchor) this.#anchors.set(node.anchor, undefined);
    const size = isMap(node) ? this.#map(node) : node.items.reduce<number>((sum, item) => sum + this.sizeOf(item), 1);
    if (node.anchor) this.#anchors.set(node.anchor, size);
    return size;
  }

  #map(map: YAMLMap): number {
    const seen = new Map<string, number>();
    let size = 1;
    for (const pair of map.items) {
      this.#key(pair, seen);
      size += this.sizeOf(pair.key) + this.sizeOf(pair.value);
    }
    return size;
  }

  #key(pair: Pair, seen: Map<string, number>): void {
    const { key } = pair;
    const offset = offsetOf(key) ?? offsetOf(pair.value);
    if (!isScalar(key)) {
      this.#report("YAML_INVALID", offset, say`a key must be plain text`, "");
      return;
    }
    if (typeof key.value === "symbol") this.#mergeKey(pair, offset);
    else if (key.value === "__proto__")
      this.#reportKey("FIELD_INVALID", offset, say`__proto__ is not a usable key`, "remove it");
    else if (key.value === null) {
      const source = key.source ?? "";
      const hint = source === "" ? "write a name before the colon" : `quote it: "${source}"`;
      this.#reportKey(
        "FIELD_INVALID",
        offset,
        say`a key must be text, found ${source === "" ? "nothing" : source}`,
        hint,
      );
    }
    const name = typeof key.value === "symbol" ? "<<" : String(key.value);
    const first = seen.get(name);
    if (first === undefined) seen.set(name, offset ?? 0);
    else {
      const key = this.#quotes ? say`the key ${{ name }}` : "the key";
      const message = say`${key} is repeated; it first appears at ${{ first: showPlace(this.#place(first)) }}`;
      this.#reportKey("YAML_INVALID", offset, message, "keep one of the two");
    }
  }

  #mergeKey(pair: Pair, offset: number | undefined): void {
    const sources = isSeq(pair.value) ? pair.value.items : [pair.value];
    for (const source of sources) {
      if (!isAlias(source) && !isMap(source)) {
        this.hasValue = false;
        this.#report("YAML_INVALID", offsetOf(source) ?? offset, say`<< merges mappings only`, "write <<: *anchor");
      }
    }
  }

  #alias(name: string, offset: number | undefined): number {
    if (!this.#anchors.has(name)) {
      this.hasValue = false;
      const anchor = this.#quotes ? say`anchor &${{ name }}` : "anchor";
      this.#report("YAML_INVALID", offset, say`${this.#shown(name)} refers to no ${anchor} before it`, "");
      return 1;
    }
    const size = this.#anchors.get(name);
    if (size === undefined) {
      this.#report(
        "YAML_ALIASES",
        offset,
        say`${this.#shown(name)} is part of what it refers to`,
        "write the value out",
      );
      return 1;
    }
    this.#aliases += 1;
    if (this.#aliases === maxAliases + 1) {
      this.#report(
        "YAML_ALIASES",
        offset,
        say`more than ${{ maxAliases }} aliases in one document`,
        "write the values out",
      );
    }
    const before = this.#aliased;
    this.#aliased += size;
    if (before <= maxAliasedNodes && this.#aliased > maxAliasedNodes) {
      const message = say`the aliases stand for more than ${{ maxAliasedNodes }} values`;
      this.#report("YAML_ALIASES", offset, message, "write the values out");
    }
    return size;
  }

  #shown(name: string): Sentence | string {
    return this.#quotes ? say`*${{ name }}` : "the alias";
  }

  #report(code: Problem["code"], offset: number | undefined, message: Sentence, hint: string): void {
    if (code === "YAML_ALIASES") this.hasValue = false;
    this.isClear = false;
    this.#reportKey(code, offset, message, hint);
  }

  /** About nothing but this key. */
  #reportKey(code: Problem["code"], offset: number | undefined, message: Sentence, hint: string): void {
    this.problems.push(makeProblem({ code, at: this.#place(offset ?? 0), message, hint }));
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
