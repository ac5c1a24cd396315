import { say } from "../../findings/index.ts";
import { type InputFile, offsetAt, readDocuments, type SourceDocument, valueAt } from "../../model/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { type EmcoKind, type EmcoResource, emcoKinds } from "./emcoResource.ts";

/**
 * The resources of EMCO in files: YAML as emcoctl takes it (`resourceContext.anchor`, `metadata`, `spec`), and JSON as its
 * REST API takes and gives it, one or a list. Those that are not about traffic are passed over.
 */
export function readEmco(files: readonly InputFile[]): {
  readonly resources: readonly EmcoResource[];
  readonly problems: readonly Problem[];
} {
  const resources: EmcoResource[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const template = file.text.indexOf("{{");
    if (template >= 0) {
      const line = file.text.slice(0, template).split("\n").length;
      problems.push(
        makeProblem({
          code: "YAML_INVALID",
          at: { file: file.name, line, column: 1 },
          message: say`the file is a template of emcoctl: {{ … }} is not filled in`,
          hint: "fill in its values first, as emcoctl does with -v values.yaml",
        }),
      );
      continue;
    }
    const read = readDocuments(file);
    problems.push(...read.problems);
    for (const document of read.documents) {
      for (const base of basesOf(document)) {
        const found = resourceAt(document, base);
        if ("message" in found) problems.push(found);
        else if (found.kind !== undefined) resources.push({ ...found, kind: found.kind });
      }
    }
  }
  return { resources, problems };
}

function basesOf({ value }: SourceDocument): readonly (readonly number[])[] {
  return Array.isArray(value) ? value.map((_, index) => [index]) : [[]];
}

type Found = Omit<EmcoResource, "kind"> & { readonly kind: EmcoKind | undefined };

function resourceAt(document: SourceDocument, base: readonly number[]): Found | Problem {
  const at = (...path: readonly string[]) => valueAt(document.value, [...base, ...path]);
  const written = at("resourceContext", "anchor");
  const anchor = typeof written === "string" ? written.split("/").filter((part) => part !== "") : undefined;
  const kind = anchor === undefined ? kindBySpec(at("spec")) : kindByAnchor(anchor);
  if (anchor === undefined && kind === undefined) {
    return makeProblem({
      code: "KIND_UNKNOWN",
      at: document.place(offsetAt(document.root, base)),
      message: say`this is not a traffic intent of EMCO: it has no resourceContext.anchor, and its spec is none of an intent`,
      hint: "name the files with inbound or outbound intents, clients and access points",
    });
  }
  const name = at("metadata", "name");
  return { kind, name: typeof name === "string" ? name : "", anchor, document, base };
}

function kindByAnchor(anchor: readonly string[]): EmcoKind | undefined {
  const last = anchor.at(-1);
  return last === "servers" ? "server" : emcoKinds.find((kind) => kind === last);
}

/** Bodies of the REST API do not say where they are posted. */
function kindBySpec(spec: unknown): EmcoKind | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  const has = (name: string) => Object.hasOwn(spec, name);
  if (has("action") && has("url")) return "access-points";
  if (has("externalServiceName")) return "server";
  if (has("port") && has("serviceName")) return "inbound-intents";
  if (has("namespaces") || has("cidrs") || has("clientServiceName")) return "clients";
  return has("app") && has("serviceName") ? "outbound-intents" : undefined;
}
