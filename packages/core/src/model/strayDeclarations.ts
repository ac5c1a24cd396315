import type { FilePlace } from "../findings/index.ts";
import { isKind, kinds } from "./declaredKinds.ts";
import { editDistance, nearestName } from "./nearestName.ts";
import { apiVersion, group } from "./resource.ts";
import type { Path } from "./schema/fieldSchema.ts";
import { valueAt } from "./schema/fieldSchema.ts";
import { offsetAt } from "./yaml/offsetAt.ts";
import { readDocuments, type SourceDocument } from "./yaml/readDocuments.ts";
import type { InputFile } from "./yaml/readTokens.ts";

/** A resource of a file that declares nothing as it stands, and was perhaps meant to. */
export interface StrayDeclaration {
  /** Of its apiVersion, or of the whole. */
  readonly at: FilePlace;
  readonly kind: string;
  readonly apiVersion: string;
  /** `namesake`: its kind is called as one of ours, and its apiVersion is another product's. */
  readonly type: "meant" | "namesake";
}

/** What a file among other manifests seems to declare, by a slip in apiVersion or without one. */
export function strayDeclarations(file: InputFile): readonly StrayDeclaration[] {
  return readDocuments(file).documents.flatMap((document) => straysIn(document, []));
}

function straysIn(document: SourceDocument, base: Path): readonly StrayDeclaration[] {
  const value = valueAt(document.value, base);
  const items = valueAt(value, ["items"]);
  const [kind, version] = [valueAt(value, ["kind"]), valueAt(value, ["apiVersion"])];
  if (kind === "List" && Array.isArray(items)) {
    return items.flatMap((_, index) => straysIn(document, [...base, "items", index]));
  }
  const isResource = ["metadata", "spec"].some((field) => valueAt(value, [field]) !== undefined);
  const type = typeOf(kind, version, isResource);
  if (type === undefined) return [];
  return [
    {
      at: document.place(offsetAt(document.root, [...base, "apiVersion"])),
      kind: String(kind),
      apiVersion: String(version),
      type,
    },
  ];
}

/** `isResource`: it has metadata or a spec. The values of a Helm chart, which have neither, may well have a kind and a version. */
function typeOf(kind: unknown, version: unknown, isResource: boolean): StrayDeclaration["type"] | undefined {
  if (version === undefined || version === null) {
    const isLikeOurs = isKind(kind) || (typeof kind === "string" && nearestName(kind, kinds) !== undefined);
    return isLikeOurs && isResource ? "meant" : undefined;
  }
  if (isNear(version)) return "meant";
  if (!isKind(kind)) return undefined;
  // Kubernetes' own groups have none of these kinds.
  if (typeof version === "string" && version.includes("/")) return "namesake";
  return isResource ? "meant" : undefined;
}

/** Two slips in the group are as far as one goes: `istio.io` is three away, and not meant. */
function isNear(version: unknown): boolean {
  if (typeof version !== "string" || version.length > 2 * apiVersion.length) return false;
  return editDistance(version.split("/")[0] ?? "", group) <= 2;
}
