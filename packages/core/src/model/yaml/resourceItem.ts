import { makeProblem, type Problem } from "../../problem.ts";
import type { Mistake } from "../schema/explainIssues.ts";
import { type Path, valueAt } from "../schema/fieldSchema.ts";
import { offsetAt } from "./offsetAt.ts";
import type { SourceDocument } from "./readDocuments.ts";

/** A resource as it stands in a document, read or not. */
export interface ResourceItem {
  readonly document: SourceDocument;
  readonly base: Path;
}

/** The resources of a document: the items of a List, else the whole. */
export function resourcesIn(document: SourceDocument): readonly ResourceItem[] {
  return itemsOf({ document, base: [] });
}

function itemsOf(item: ResourceItem): readonly ResourceItem[] {
  const value = valueAt(item.document.value, item.base);
  if (valueAt(value, ["kind"]) !== "List" || valueAt(value, ["apiVersion"]) !== "v1") return [item];
  const items = valueAt(value, ["items"]);
  // What is not a list of items is read as a resource, and so refused as one.
  if (!Array.isArray(items)) return [item];
  return items.flatMap((_, index) => itemsOf({ ...item, base: [...item.base, "items", index] }));
}

export function problemOfItem({ document, base }: ResourceItem, { code, path, part, message, hint }: Mistake): Problem {
  return makeProblem({ code, at: document.place(offsetAt(document.root, [...base, ...path], part)), message, hint });
}
